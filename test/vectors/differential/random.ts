/**
 * The seeded source of all chance in the differential run: the same seed gives the same zones, faults and questions. Pure.
 */

/** A stream of pseudo-random numbers (sfc32), forked by name so that one part drawing more does not move the others. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;
  private readonly seed: string;

  constructor(seed: string) {
    this.seed = seed;
    const hash = (salt: number) => {
      let h = 0x811c9dc5 ^ salt;
      for (let i = 0; i < seed.length; i++) h = Math.imul(h ^ seed.charCodeAt(i), 0x01000193);
      return h | 0;
    };
    this.a = hash(1);
    this.b = hash(2);
    this.c = hash(3);
    for (let i = 0; i < 15; i++) this.next();
  }

  /** A stream of its own for a part of the work. */
  fork(name: string): Random {
    return new Random(`${this.seed}/${name}`);
  }

  /** In [0, 1). */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  }

  /** A whole number in [from, to]. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error("nothing to pick from");
    return items[this.int(0, items.length - 1)]!;
  }

  /** The items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [out[i], out[j]] = [out[j]!, out[i]!];
    }
    return out;
  }

  octets(size: number): Uint8Array {
    return Uint8Array.from({ length: size }, () => this.int(0, 255));
  }
}
