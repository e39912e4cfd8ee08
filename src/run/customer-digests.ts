/*
 * What is kept of a side when nothing is stored: for each customer the sum of the digests of its documents, how many there
 * are, and what stands in the way of believing them. Some forty bytes a customer in plain arrays, which can be handed from
 * one thread to another. Sums and not exclusive or: a document that stands twice must not vanish.
 */

/** The arrays of a table, to be handed over. `count` customers are in it. */
export type PackedDigests = {
  readonly count: number;
  readonly index: ArrayBuffer;
  readonly sums: ArrayBuffer;
  readonly documents: ArrayBuffer;
  readonly flags: ArrayBuffer;
  readonly names: ArrayBuffer;
  readonly ends: ArrayBuffer;
};

/** Why equal digests do not settle a customer, as bits. */
export const doubts = {
  /** A document that may not be judged yet. */
  notReady: 1,
  /** A document that could not be read. */
  rejected: 2,
  /** A document id that stood before, in whichever customer's documents. */
  repeated: 4,
} as const;

/** What is known of one customer on one side. */
export type CustomerDigest = {
  readonly customer: string;
  readonly documents: number;
  readonly flags: number;
  /** Four 32-bit sums. */
  readonly sum: readonly [number, number, number, number];
};

const firstCapacity = 1024;
/** Longest customer key in UTF-8: 500 characters of at most three bytes each. */
const longestName = 1500;

/** The table while it is filled. Class, because it gathers. */
export class CustomerDigests {
  #index = new Int32Array(2 * firstCapacity).fill(-1);
  #sums = new Uint32Array(4 * firstCapacity);
  #documents = new Uint32Array(firstCapacity);
  #flags = new Uint8Array(firstCapacity);
  #names = new Uint8Array(16 * firstCapacity);
  /** Where the name of each customer ends; it begins where the one before it does. */
  #ends = new Uint32Array(firstCapacity);
  #count = 0;
  readonly #encoder = new TextEncoder();
  readonly #ids = new SeenIds();

  /** The table that another thread packed; it is read and no more filled. */
  static of(packed: PackedDigests): CustomerDigests {
    const table = new CustomerDigests();
    table.#index = new Int32Array(packed.index);
    table.#sums = new Uint32Array(packed.sums);
    table.#documents = new Uint32Array(packed.documents);
    table.#flags = new Uint8Array(packed.flags);
    table.#names = new Uint8Array(packed.names);
    table.#ends = new Uint32Array(packed.ends);
    table.#count = packed.count;
    return table;
  }

  /** Adds a document: its id, and its digest as a UUID. */
  add(customer: string, documentId: string, digest: string, isClearable: boolean): void {
    const at = this.#slotOf(customer);
    for (let word = 0; word < 4; word += 1) {
      const place = 4 * at + word;
      // 32-bit unsigned arrays drop the carry, which is what a sum modulo 2^32 wants.
      this.#sums[place] = (this.#sums[place] ?? 0) + wordOf(digest, word);
    }
    this.#documents[at] = (this.#documents[at] ?? 0) + 1;
    if (!isClearable) this.doubt(customer, 'notReady');
    const other = this.#ids.seen(documentId, at);
    if (other === undefined) return;
    for (const slot of [at, other]) this.#flags[slot] = (this.#flags[slot] ?? 0) | doubts.repeated;
  }

  /** Marks a customer whose documents equal digests may not settle. */
  doubt(customer: string, why: keyof typeof doubts): void {
    const at = this.#slotOf(customer);
    this.#flags[at] = (this.#flags[at] ?? 0) | doubts[why];
  }

  get(customer: string): CustomerDigest | undefined {
    const bytes = this.#encoder.encode(customer);
    const at = this.#index[this.#place(bytes, 0, bytes.length)] ?? -1;
    return at < 0 ? undefined : this.#read(customer, at);
  }

  *[Symbol.iterator](): Iterator<CustomerDigest> {
    const decoder = new TextDecoder();
    for (let at = 0; at < this.#count; at += 1)
      yield this.#read(decoder.decode(this.#names.subarray(this.#start(at), this.#ends[at])), at);
  }

  pack(): PackedDigests {
    return {
      count: this.#count,
      index: this.#index.buffer,
      sums: this.#sums.buffer,
      documents: this.#documents.buffer,
      flags: this.#flags.buffer,
      names: this.#names.buffer,
      ends: this.#ends.buffer,
    };
  }

  #read(customer: string, at: number): CustomerDigest {
    const word = (offset: number) => this.#sums[4 * at + offset] ?? 0;
    return {
      customer,
      documents: this.#documents[at] ?? 0,
      flags: this.#flags[at] ?? 0,
      sum: [word(0), word(1), word(2), word(3)],
    };
  }

  #start(at: number): number {
    return at === 0 ? 0 : (this.#ends[at - 1] ?? 0);
  }

  /** The number of a customer; a new one is written behind the names that are there and stays if it is not found. */
  #slotOf(customer: string): number {
    const start = this.#start(this.#count);
    if (start + longestName > this.#names.length)
      this.#names = grown(this.#names, new Uint8Array(2 * (start + longestName)));
    const { written } = this.#encoder.encodeInto(customer, this.#names.subarray(start));
    const place = this.#place(this.#names, start, start + written);
    const known = this.#index[place] ?? -1;
    if (known >= 0) return known;
    const at = this.#count;
    this.#index[place] = at;
    this.#ends[at] = start + written;
    this.#count += 1;
    if (this.#count === this.#documents.length) this.#grow();
    return at;
  }

  /** Where in the index a name stands, or would. */
  #place(bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#index.length - 1;
    let place = hashOf(bytes, start, end) & mask;
    for (;;) {
      const at = this.#index[place] ?? -1;
      if (at < 0 || isSame(bytes, start, end, this.#names, this.#start(at), this.#ends[at] ?? 0)) return place;
      place = (place + 1) & mask;
    }
  }

  #grow(): void {
    const capacity = 2 * this.#documents.length;
    this.#sums = grown(this.#sums, new Uint32Array(4 * capacity));
    this.#documents = grown(this.#documents, new Uint32Array(capacity));
    this.#flags = grown(this.#flags, new Uint8Array(capacity));
    this.#ends = grown(this.#ends, new Uint32Array(capacity));
    this.#index = new Int32Array(2 * capacity).fill(-1);
    for (let at = 0; at < this.#count; at += 1)
      this.#index[this.#place(this.#names, this.#start(at), this.#ends[at] ?? 0)] = at;
  }
}

/** Document ids by 64 bits of a hash. Two ids that share them would only make two customers look twice. */
class SeenIds {
  #hashes = new Uint32Array(4 * firstCapacity);
  #owners = new Int32Array(2 * firstCapacity).fill(-1);
  #count = 0;

  /** The customer in whose documents the id stood before; `undefined` when it is new, and is then remembered. */
  seen(id: string, customer: number): number | undefined {
    const [high, low] = [textHash(id, 0x811c9dc5), textHash(id, 0x9747b28c)];
    const place = this.#place(high, low);
    const owner = this.#owners[place] ?? -1;
    if (owner >= 0) return owner;
    this.#put(place, high, low, customer);
    this.#count += 1;
    if (4 * this.#count > 3 * this.#owners.length) this.#grow();
    return undefined;
  }

  #put(place: number, high: number, low: number, customer: number): void {
    this.#hashes[2 * place] = high;
    this.#hashes[2 * place + 1] = low;
    this.#owners[place] = customer;
  }

  #place(high: number, low: number): number {
    const mask = this.#owners.length - 1;
    let place = low & mask;
    while (
      (this.#owners[place] ?? -1) >= 0 &&
      (this.#hashes[2 * place] !== high || this.#hashes[2 * place + 1] !== low)
    )
      place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [hashes, owners] = [this.#hashes, this.#owners];
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#owners = new Int32Array(2 * owners.length).fill(-1);
    for (let at = 0; at < owners.length; at += 1) {
      const [high, low, owner] = [hashes[2 * at] ?? 0, hashes[2 * at + 1] ?? 0, owners[at] ?? -1];
      if (owner >= 0) this.#put(this.#place(high, low), high, low, owner);
    }
  }
}

function grown<Values extends Uint8Array | Uint32Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}

/** One of the four 32-bit words of a UUID. */
function wordOf(uuid: string, word: number): number {
  let value = 0;
  let digits = 0;
  // Words begin at digits 0, 8, 16 and 24; the dashes stand after the 8th, 12th, 16th and 20th.
  for (let at = wordStarts[word] ?? 0; digits < 8; at += 1) {
    const code = uuid.charCodeAt(at);
    if (code === dash) continue;
    value = (value << 4) | (code <= 57 ? code - 48 : code - 87);
    digits += 1;
  }
  return value >>> 0;
}

const dash = 45;
const wordStarts = [0, 9, 19, 28];

/** FNV-1a, 32 bits, mixed once more so that the low bits are worth something. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let at = start; at < end; at += 1) value = Math.imul(value ^ (bytes[at] ?? 0), 0x01000193);
  return mixed(value);
}

function textHash(text: string, seed: number): number {
  let value = seed;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return mixed(value);
}

function mixed(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (once ^ (once >>> 13)) >>> 0;
}

function isSame(
  a: Uint8Array,
  start: number,
  end: number,
  b: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let at = start; at < end; at += 1) if (a[at] !== b[otherStart + at - start]) return false;
  return true;
}
