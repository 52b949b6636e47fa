/** A message of the group, as the model knows it. */
export interface Said {
  readonly seq: number;
  readonly by: number;
  /** the root of the thread that it is in */
  readonly root: number | undefined;
  readonly isMain: boolean;
  readonly isTip: boolean;
  mentions: readonly number[];
  version: number;
  isRevoked: boolean;
}

/** What a user sees of the group, on each device. */
export interface Sight {
  readonly unread: number;
  readonly isMentioned: boolean;
  readonly badge: number;
  /** the message whose notification stands */
  readonly notification: number | undefined;
  /** the messages of all notifications so far */
  readonly told: readonly number[];
}

interface Reader {
  read: number;
  mark: number;
  muted: number;
  /** how far the threads that they follow are read, by their roots */
  readonly threads: Map<number, number>;
  readonly called: Set<number>;
  readonly told: number[];
  standing: { seq: number; reason: "message" | "reply" | "mention" } | undefined;
}

/** What calls for the members of a group: docs/design/attention.md, written anew from what people do. */
export class Model {
  readonly messages: Said[] = [];
  readonly readers = new Map<number, Reader>();
  now = 0;

  constructor(users: readonly number[]) {
    for (const user of users)
      this.readers.set(user, {
        ...{ read: 0, mark: Infinity, muted: 0, standing: undefined },
        ...{ threads: new Map(), called: new Set(), told: [] },
      });
  }

  reader(user: number): Reader {
    const reader = this.readers.get(user);
    if (!reader) throw new Error(`nobody is ${user}`);
    return reader;
  }

  say(message: Said): void {
    const { seq, by, root, isMain, isTip } = message;
    const author = this.messages.find((one) => one.seq === root)?.by;
    this.messages.push(message);
    if (root && author && !this.reader(author).threads.has(root)) this.reader(author).threads.set(root, 0);
    if (root) this.reader(by).threads.set(root, seq);
    if (isMain && !isTip) this.read(by, seq);
    for (const [user, reader] of this.readers) {
      if (user === by || isTip) continue;
      const isAudible = !this.#isMuted(reader);
      const isNamed = message.mentions.includes(user);
      if (isMain && isAudible) this.#tell(reader, seq, "message");
      else if (root && reader.threads.has(root) && isAudible) this.#tell(reader, seq, "reply");
      else if (isNamed) this.#tell(reader, seq, "mention");
      if (isNamed) reader.called.add(seq);
    }
  }

  mention(message: Said, mentions: readonly number[]): void {
    message.mentions = mentions;
    message.version++;
    for (const [user, reader] of this.readers)
      if (
        this.#mentionsOf(user).includes(message) &&
        message.seq > reader.read &&
        !reader.called.has(message.seq)
      )
        this.#tell(reader, message.seq, "mention");
  }

  revoke(message: Said): void {
    message.isRevoked = true;
    message.mentions = [];
    for (const { standing, ...reader } of this.readers.values())
      if (standing?.seq === message.seq && standing.reason !== "reply")
        Object.assign(reader, { standing: undefined });
  }

  read(user: number, seq: number): void {
    const reader = this.reader(user);
    if (seq >= reader.mark || seq > reader.read) reader.mark = Infinity;
    reader.read = Math.max(reader.read, seq);
  }

  /** What a user sees now. */
  sight(user: number): Sight {
    const reader = this.reader(user);
    const isMuted = this.#isMuted(reader);
    const main = this.messages.filter(
      (one) => one.isMain && this.#counts(one, user) && this.#isUnread(reader, one),
    );
    const replies = this.messages.filter(
      (one) =>
        !one.isMain &&
        one.root &&
        this.#counts(one, user) &&
        one.seq > (reader.threads.get(one.root) ?? Infinity),
    );
    const mentions = this.#mentionsOf(user);
    for (const { seq } of mentions) reader.called.add(seq);
    const { standing } = reader;
    const stands =
      standing?.reason === "mention"
        ? mentions.some(({ seq }) => seq === standing.seq)
        : standing?.reason === "reply"
          ? replies.length > 0 && !isMuted
          : main.some(({ seq }) => seq === standing?.seq && seq > reader.read) && !isMuted;
    if (!stands) reader.standing = undefined;
    const unread = main.length + replies.length;
    return {
      ...{ unread, isMentioned: mentions.length > 0 },
      badge: isMuted ? mentions.length : Math.max(unread, mentions.length),
      notification: reader.standing?.seq,
      told: reader.told,
    };
  }

  #tell(reader: Reader, seq: number, reason: "message" | "reply" | "mention"): void {
    reader.standing = { seq, reason };
    reader.told.push(seq);
    if (reason !== "reply") reader.called.add(seq);
  }

  #mentionsOf(user: number): Said[] {
    const reader = this.reader(user);
    return this.messages.filter(
      (one) =>
        this.#counts(one, user) &&
        one.mentions.includes(user) &&
        this.#isUnread(reader, one) &&
        (one.isMain || one.seq > (reader.threads.get(one.root ?? 0) ?? 0)),
    );
  }

  #counts({ by, isTip, isRevoked }: Said, user: number): boolean {
    return by !== user && !isTip && !isRevoked;
  }

  #isUnread({ read, mark }: Reader, { seq }: Said): boolean {
    return seq > read || seq >= mark;
  }

  #isMuted({ muted }: Reader): boolean {
    return muted === -1 || muted > this.now;
  }
}
