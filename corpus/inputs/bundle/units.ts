export enum Unit {
  Pixel = 1,
  Em,
  Percent = Pixel << 4,
}

const enum Bits {
  Sign = 0b1000,
  Mask = ~Sign & 0xff,
}

const SUFFIXES = { px: Unit.Pixel, em: Unit.Em, "%": Unit.Percent } as const satisfies Record<string, Unit>;

export namespace Limits {
  export const largest = 1_000_000n ** 2n;
  export const mask = Bits.Mask;
}

export function parse(text: string): { value: number; unit: Unit } | undefined {
  const found = /^(?<value>-?\d+(?:\.\d+)?)(?<suffix>px|em|%)$/.exec(text)?.groups;
  if (!found || BigInt(Math.trunc(+found.value!)) > Limits.largest) return;
  return { value: +found.value! | 0, unit: SUFFIXES[found.suffix as keyof typeof SUFFIXES] };
}
