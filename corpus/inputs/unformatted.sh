#!/bin/bash
# Everything a shell formatter has to do with: lists, loops, functions, here-documents, expansions, arrays, arithmetic, patterns.
set -euo pipefail
readonly   NAMES=( one   "two three"
    four )
declare -A table=([a]=1   [b]=2 [umlaut]="Grüße, 世界")

usage(){ cat <<EOF
usage: $0 [-v] FILE...
	$HOME is not touched
EOF
}

function measure()
{
local file=$1 size
size=$( wc -c   <"$file" ) ;   echo "$(( size*8+1 ))"   >&2
if [[ $size -gt 10 && ! -d $file || -n ${2:-} ]];then return 1;fi
}

while getopts "vh" option;do
case $option in
v) verbose=1;;
h|\?)usage
exit 0 ;;
*) ;;
esac
done
shift $((OPTIND-1))

for name in "${NAMES[@]}" ; do { echo "$name" ; echo ${#name}; } | sed -e 's/a/b/' \
| tr 'a-z'   'A-Z' && true || false
done

for ((i=0;i<10;i++)) ; do
    (( i%2==0 )) && continue
  printf '%s\n' "${table[a]}" "${name//o/0}" "${name%%e*}" `date +%Y`
done

select choice in yes no; do break;done </dev/null
until ! true ;do :; done
trap 'rm -f "$temporary"; exit 1' INT TERM
temporary=$(mktemp) ;  diff <(sort a) <(sort b) >$temporary 2>&1 &
wait $!
[ -f "$temporary" ]&&{ cat<<-'END' >>log
	not $expanded
	END
}
( cd / ;ls ) ; coproc worker { read -r line; echo "$line"; }
let "x = 5" "y = x + 1"; [[ $x =~ ^[0-9]+$ ]] || exit ; echo $'tab\there' "${@:2}" ${!table[@]}
