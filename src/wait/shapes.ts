/** How the share (0–1) of the time that has passed follows from the share of the work that is done. */
export type Shape = (done: number) => number;

/** How far work that does not go on evenly may be from that: its progress is a power of the time. */
const degrees = [1.2, 1.4, 1.6, 1.8, 2, 2.25, 2.5, 2.75, 3, 3.5];

/** Work that goes on evenly. */
export const even: Shape = (done) => done;

/** The shapes that progress may have: even, ever faster and ever slower. */
export const shapes: readonly Shape[] = [
  even,
  ...degrees.map(
    (degree): Shape =>
      (done) =>
        done ** (1 / degree),
  ),
  ...degrees.map(
    (degree): Shape =>
      (done) =>
        1 - (1 - done) ** (1 / degree),
  ),
];
