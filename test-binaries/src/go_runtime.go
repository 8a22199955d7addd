// What Go's runtime asks of the system: nil dereferences and other faults that become panics, goroutines that are interrupted though they
// never call anything, and Ctrl+C.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"time"
)

type node struct {
	pad  [64]byte
	next *node
}

func recovered(name string, work func()) {
	defer func() { fmt.Printf("%s: %v\n", name, recover()) }()
	work()
}

var sink int

func faults() {
	var none *node
	var table map[string]int
	zero, index := 0, 5
	recovered("nil read", func() { sink = len(none.next.pad) + int(none.next.pad[3]) })
	recovered("nil write", func() { none.next = none })
	recovered("nil map", func() { table["a"] = 1 })
	recovered("division", func() { sink = 1 / zero })
	recovered("index", func() { sink = []int{1, 2, 3}[index] })
	recovered("nil function", func() { var f func(); f() })
	recovered("deferred", func() {
		defer func() { none.next = nil }()
		panic("first")
	})
	var all sync.WaitGroup
	caught := make(chan int, 64)
	for i := 0; i < 64; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 100; j++ {
				func() {
					defer func() {
						if recover() != nil {
							caught <- 1
						}
					}()
					none.next = none
				}()
			}
		}()
	}
	count := 0
	done := make(chan bool)
	go func() { all.Wait(); close(done) }()
	for running := true; running; {
		select {
		case n := <-caught:
			count += n
		case <-done:
			running = false
		}
	}
	fmt.Println("in goroutines:", count+len(caught))
}

// Goroutines that never give up the processor by themselves: collections and others run all the same.
func preemption() {
	runtime.GOMAXPROCS(2)
	stop := make(chan bool)
	for i := 0; i < 4; i++ {
		go func() {
			for n := 0; ; n++ {
				sink = n
			}
		}()
	}
	go func() {
		for i := 0; i < 10; i++ {
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
		close(stop)
	}()
	<-stop
	fmt.Println("collected beside loops without end")
}

func interrupted() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt)
	fmt.Println("ready")
	select {
	case s := <-told:
		fmt.Println("told:", s)
	case <-time.After(20 * time.Second):
		fmt.Println("not told")
	}
}

func main() {
	switch os.Args[1] {
	case "faults":
		faults()
	case "preemption":
		preemption()
	case "interrupted":
		interrupted()
	case "default":
		fmt.Println("ready")
		time.Sleep(20 * time.Second)
	case "crash":
		var none *node
		none.next = none
	}
}
