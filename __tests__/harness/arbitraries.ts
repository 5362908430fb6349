import fc from 'fast-check';

const codePoint = (code: number) => String.fromCodePoint(code);

/** Characters that cause problems: controls, bidi marks, line ends, spaces, quotes, half an emoji. */
const awkward = [
  0x07, 0x0a, 0x0d, 0x20, 0x22, 0x5c, 0xa0, 0x200b, 0x2028, 0x202e, 0x2066, 0xd83d, 0xfeff, 0x1f600,
];

/** Any code point, lone surrogates among them. */
export const anyCharacter: fc.Arbitrary<string> = fc.oneof(
  fc.nat(0x10ffff).map(codePoint),
  fc.nat(0xff).map(codePoint),
  fc.constantFrom(...awkward.map(codePoint)),
);

/** Any text, ill-formed ones among them. */
export function anyText(constraints: fc.StringConstraints = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: anyCharacter });
}

/** Valid `Ratelimit` headers, and texts that look like them. */
export const anyRateLimit: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(fc.nat(200), fc.nat(400)).map(([left, seconds]) => `"default";r=${left};t=${seconds}`),
  fc.string({ unit: fc.constantFrom(...'"default;r=t0123456789-.e, ') }),
);
