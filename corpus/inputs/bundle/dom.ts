export type Node = string | { tag: string; attributes: Record<string, unknown>; children: Node[] };
type Component = (props: any) => Node;

/** Makes an element; `tag` is a name or a component. */
export function h(tag: string | Component, attributes: Record<string, unknown> | null, ...children: Node[]): Node {
  const flat = children.flat(Infinity as 1) as Node[];
  return typeof tag === "function" ? tag({ ...attributes, children: flat }) : { tag, attributes: attributes ?? {}, children: flat };
}

export const Fragment: Component = ({ children }) => children;

const VOID = new Set(["img", "br", "hr"]);

export function render(node: Node | Node[]): string {
  if (Array.isArray(node)) return node.map(render).join("");
  if (typeof node !== "object") return escape(String(node));
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}="${escape(String(value))}"`)
    .join("");
  return VOID.has(node.tag) ? `<${node.tag}${attributes}>` : `<${node.tag}${attributes}>${render(node.children)}</${node.tag}>`;
}

const escape = (text: string) => text.replace(/[<>&"]/gu, (found) => `&#${found.codePointAt(0)};`);

export function unused() {
  return "a bundle does not have this";
}
