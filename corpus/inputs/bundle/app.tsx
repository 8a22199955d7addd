import { Fragment, h, render } from "./dom";
import { parse, Unit } from "./units";
import data from "./data.json";
import icon from "./icon.svg";
import "./app.css";
import * as modules from "./modules";

interface Props {
  readonly title: string;
  readonly lengths: readonly string[];
}

const Row = ({ text, index }: { text: string; index: number }) => {
  const { value, unit } = parse(text) ?? { value: NaN, unit: Unit.Pixel };
  return (
    <tr class={index % 2 === 0 ? "even" : "odd"}>
      <td>{text}</td>
      <td>{value.toFixed(2)}</td>
      <td>{Unit[unit]}</td>
    </tr>
  );
};

function Table({ title, lengths }: Props) {
  return (
    <section>
      <img src={icon} alt="" />
      <h1>{title}</h1>
      <table>{lengths.map((text, index) => <Row text={text} index={index} />)}</table>
      <>
        <p>Grüße, мир, 世界 &amp; 🎉</p>
      </>
    </section>
  );
}

class Counter {
  static #made = 0;
  #count = 0;
  readonly label: string;

  constructor(public step = 1, private readonly limit: number = 2 ** 31) {
    this.label = `counter ${++Counter.#made}`;
  }

  get count() {
    return this.#count;
  }

  async *run(): AsyncGenerator<number, void, unknown> {
    while (this.#count < this.limit) {
      this.#count += this.step;
      yield await Promise.resolve(this.#count);
    }
  }
}

export async function main(root: { append(...nodes: unknown[]): void }) {
  const total = Object.values(modules).reduce((sum, module) => sum + Number(module ?? 0), 0);
  for await (const count of new Counter(7, 100).run()) {
    if (count ** 2 > total || DEBUG) break;
  }
  const { default: lazy } = await import("./lazy");
  root.append(render(<Table title={data.title} lengths={data.lengths} />), lazy(total));
}

declare const DEBUG: boolean;
if (DEBUG) console.log("this is never shown", new Date());
label: for (let i = 0; i < 10; i++) for (let j = i; ; j++) if (i * j > 20) break label;
