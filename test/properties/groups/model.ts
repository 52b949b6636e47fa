/** The expected answer to a call. */
export interface Answer {
  status: number;
  /** the code of a problem */
  code?: string;
}

type Role = "owner" | "admin" | "member";
export type JoinPolicy = "free" | "approval" | "closed";

interface Member {
  role: Role;
  visibleFrom: number;
  readSeq: number;
}

/** A message as its readers see it: a text, or the content of a system message. */
export interface Entry {
  seq: number;
  sender: number;
  text?: string;
  tip?: { event: string; actor_id: number; user_ids: number[] };
}

const OK: Answer = { status: 200 };
const MADE: Answer = { status: 201 };
const DONE: Answer = { status: 204 };
const NOT_FOUND: Answer = { status: 404, code: "not_found" };
const FORBIDDEN: Answer = { status: 403, code: "forbidden" };
const BLOCKED: Answer = { status: 403, code: "blocked" };
const MUTED: Answer = { status: 403, code: "muted" };
const TOO_SOON: Answer = { status: 429, code: "rate_limited" };
const CONFLICT: Answer = { status: 409, code: "conflict" };

const RANK: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

/** Which user blocks which, for all conversations. */
export class Blocks {
  readonly #pairs: Set<string>;

  constructor(pairs: Iterable<string> = []) {
    this.#pairs = new Set(pairs);
  }

  clone(): Blocks {
    return new Blocks(this.#pairs);
  }

  set(a: number, b: number, on: boolean): Answer {
    if (on) this.#pairs.add(`${a} ${b}`);
    else this.#pairs.delete(`${a} ${b}`);
    return DONE;
  }

  between(a: number, b: number): boolean {
    return this.#pairs.has(`${a} ${b}`) || this.#pairs.has(`${b} ${a}`);
  }
}

/** The expected state of a group, written from the rules and not from the implementation. */
export class Group {
  readonly members = new Map<number, Member>();
  readonly muted = new Set<number>();
  readonly banned = new Set<number>();
  /** the users whose application was rejected, and who were no members since */
  readonly rejected = new Set<number>();
  readonly log: Entry[] = [];
  readonly applications: { userId: number; handled: boolean }[] = [];
  joinPolicy: JoinPolicy = "approval";

  constructor(owner: number, others: number[]) {
    this.members.set(owner, { role: "owner", visibleFrom: 0, readSeq: 0 });
    for (const id of others) this.members.set(id, { role: "member", visibleFrom: 0, readSeq: 0 });
  }

  clone(): Group {
    const copy = new Group(0, []);
    copy.members.clear();
    for (const [id, member] of this.members) copy.members.set(id, { ...member });
    for (const id of this.muted) copy.muted.add(id);
    for (const id of this.banned) copy.banned.add(id);
    for (const id of this.rejected) copy.rejected.add(id);
    copy.log.push(...this.log);
    copy.applications.push(...this.applications.map((application) => ({ ...application })));
    copy.joinPolicy = this.joinPolicy;
    return copy;
  }

  say(who: number, text: string): Answer {
    const member = this.members.get(who);
    if (!member) return NOT_FOUND;
    if (this.muted.has(who)) return MUTED;
    this.log.push({ seq: this.log.length + 1, sender: who, text });
    member.readSeq = this.log.length;
    return MADE;
  }

  read(who: number, seq: number): Answer {
    const member = this.members.get(who);
    if (!member) return NOT_FOUND;
    member.readSeq = Math.max(member.readSeq, seq);
    return OK;
  }

  join(who: number): Answer {
    if (this.members.has(who)) return OK;
    if (this.joinPolicy === "closed") return NOT_FOUND;
    if (this.banned.has(who)) return FORBIDDEN;
    if (this.joinPolicy === "free") return this.#admit(who, [who], OK);
    const isOpen = this.applications.some(({ userId, handled }) => userId === who && !handled);
    if (!isOpen && this.rejected.has(who)) return TOO_SOON;
    if (!isOpen) this.applications.push({ userId: who, handled: false });
    return OK;
  }

  add(actor: number, target: number, blocks: Blocks): Answer {
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    if (blocks.between(actor, target)) return BLOCKED;
    if (member.role === "member") return FORBIDDEN;
    if (this.members.has(target)) return OK;
    return this.banned.has(target) ? FORBIDDEN : this.#admit(actor, [target], OK);
  }

  decide(actor: number, id: number, accept: boolean): Answer {
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    if (member.role === "member") return FORBIDDEN;
    const application = this.applications[id - 1];
    if (!application) return NOT_FOUND;
    if (application.handled) return CONFLICT;
    application.handled = true;
    if (accept) return this.#admit(actor, [application.userId], DONE);
    this.rejected.add(application.userId);
    return DONE;
  }

  leave(who: number): Answer {
    const member = this.members.get(who);
    if (!member) return NOT_FOUND;
    if (member.role === "owner") return CONFLICT;
    return this.#out("left", who, who);
  }

  remove(actor: number, target: number): Answer {
    if (actor === target) return this.leave(actor);
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    if (member.role === "member") return FORBIDDEN;
    const other = this.members.get(target);
    if (!other) return NOT_FOUND;
    return RANK[member.role] > RANK[other.role] ? this.#out("removed", actor, target) : FORBIDDEN;
  }

  /** Bans a user, or lifts the ban. */
  ban(actor: number, target: number, on: boolean): Answer {
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    if (member.role === "member") return FORBIDDEN;
    if (!on) {
      this.banned.delete(target);
      return DONE;
    }
    const other = this.members.get(target);
    if (other && RANK[member.role] <= RANK[other.role]) return FORBIDDEN;
    this.banned.add(target);
    for (const application of this.applications) {
      if (application.userId !== target || application.handled) continue;
      application.handled = true;
      this.rejected.add(target);
    }
    return other ? this.#out("removed", actor, target) : DONE;
  }

  setRole(actor: number, target: number, role: "admin" | "member"): Answer {
    const refused = this.#over(actor, target);
    if (refused) return refused;
    if (this.members.get(actor)?.role !== "owner") return FORBIDDEN;
    const other = this.members.get(target);
    if (!other || other.role === role) return OK;
    other.role = role;
    return this.#tip("role", actor, [target], OK);
  }

  mute(actor: number, target: number, on: boolean): Answer {
    const refused = this.#over(actor, target);
    if (refused) return refused;
    const was = this.muted.has(target);
    if (on) this.muted.add(target);
    else this.muted.delete(target);
    return on || was ? this.#tip("muted", actor, [target], OK) : OK;
  }

  handOver(actor: number, target: number): Answer {
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    if (member.role !== "owner" || actor === target) return FORBIDDEN;
    const successor = this.members.get(target);
    if (!successor) return NOT_FOUND;
    member.role = "member";
    successor.role = "owner";
    this.muted.delete(target);
    return this.#tip("owner", actor, [target], OK);
  }

  setPolicy(actor: number, policy: JoinPolicy): Answer {
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    if (member.role === "member") return FORBIDDEN;
    if (this.joinPolicy === policy) return OK;
    this.joinPolicy = policy;
    return this.#tip("profile", actor, [], OK);
  }

  unread(who: number): number {
    const readSeq = this.members.get(who)?.readSeq ?? 0;
    return this.log.filter(({ seq, text, sender }) => seq > readSeq && text !== undefined && sender !== who)
      .length;
  }

  history(who: number): Entry[] {
    const from = this.members.get(who)?.visibleFrom ?? 0;
    return this.log.filter(({ seq }) => seq > from);
  }

  get owner(): number | undefined {
    return [...this.members].find(([, { role }]) => role === "owner")?.[0];
  }

  #over(actor: number, target: number): Answer | null {
    const member = this.members.get(actor);
    if (!member) return NOT_FOUND;
    const other = this.members.get(target);
    if (!other) return NOT_FOUND;
    return RANK[member.role] > RANK[other.role] ? null : FORBIDDEN;
  }

  #admit(actor: number, ids: number[], answer: Answer): Answer {
    const seq = this.log.length + 1;
    for (const id of ids) {
      this.members.set(id, { role: "member", visibleFrom: seq - 1, readSeq: seq });
      this.rejected.delete(id);
      for (const application of this.applications) if (application.userId === id) application.handled = true;
    }
    return this.#tip("joined", actor, ids, answer);
  }

  #out(event: string, actor: number, target: number): Answer {
    this.members.delete(target);
    return this.#tip(event, actor, [target], DONE);
  }

  #tip(event: string, actor_id: number, user_ids: number[], answer: Answer): Answer {
    this.log.push({ seq: this.log.length + 1, sender: actor_id, tip: { event, actor_id, user_ids } });
    return answer;
  }
}

/** The expected state of a direct conversation. */
export class Direct {
  readonly people: readonly [number, number];
  readonly log: Entry[] = [];
  readonly #from = new Map<number, number>();
  readonly #read = new Map<number, number>();
  readonly #cleared = new Set<number>();

  constructor(people: readonly [number, number]) {
    this.people = people;
  }

  clone(): Direct {
    const copy = new Direct(this.people);
    copy.log.push(...this.log);
    for (const [id, seq] of this.#from) copy.#from.set(id, seq);
    for (const [id, seq] of this.#read) copy.#read.set(id, seq);
    for (const id of this.#cleared) copy.#cleared.add(id);
    return copy;
  }

  say(who: number, text: string, blocks: Blocks): Answer {
    if (blocks.between(...this.people)) return BLOCKED;
    this.log.push({ seq: this.log.length + 1, sender: who, text });
    this.#read.set(who, this.log.length);
    this.#cleared.clear();
    return MADE;
  }

  /** Deletes it for one of the two users. */
  clear(who: number): Answer {
    this.#from.set(who, this.log.length);
    this.#read.set(who, this.log.length);
    this.#cleared.add(who);
    return DONE;
  }

  isListed(who: number): boolean {
    return !this.#cleared.has(who);
  }

  unread(who: number): number {
    return this.log.filter(({ seq, sender }) => sender !== who && seq > (this.#read.get(who) ?? 0)).length;
  }

  history(who: number): Entry[] {
    return this.log.filter(({ seq }) => seq > (this.#from.get(who) ?? 0));
  }
}
