import type { JoinPolicy, Role } from "../../../src/domain/conversations/group-kind.ts";
import type { Action, Listed, Shown, Told, View } from "./surface.ts";

interface Member {
  id: number;
  role: Role;
  /** the member sees messages after this seq */
  from: number;
  read: number;
  muted: boolean;
  card: string;
}

/** The expected state of a group after each successful action, and each user's view of it. */
export class Model {
  readonly #applications: { id: number; by: number; message: string; isOpen: boolean }[] = [];
  readonly #log: Shown[] = [];
  /** in the order of joining */
  #members: Member[];
  #name = "a group";
  #joinPolicy: JoinPolicy = "approval";

  constructor(owner: number, others: number[]) {
    this.#members = [owner, ...others]
      .toSorted((a, b) => a - b)
      .map((id) => ({
        id,
        role: id === owner ? "owner" : "member",
        from: 0,
        read: 0,
        muted: false,
        card: "",
      }));
  }

  has(id: number): boolean {
    return this.#members.some((member) => member.id === id);
  }

  /** Ends a mute. */
  unmute(id: number): void {
    this.#member(id).muted = false;
  }

  view(id: number): View | null {
    const me = this.#members.find((member) => member.id === id);
    const listed = this.listed(id);
    if (!me || !listed) return null;
    return {
      ...listed,
      history: this.#log.filter(({ seq }) => seq > me.from),
      members: this.#members.map(({ id, role, muted, card }) => ({ id, role, muted, card })),
      receipts: this.#members.map(({ id, read }) => ({ id, seq: read })).toSorted((a, b) => a.id - b.id),
      applications:
        me.role === "member"
          ? "forbidden"
          : this.#applications.flatMap(({ isOpen, ...open }) => (isOpen ? [open] : [])),
    };
  }

  listed(id: number): Listed | null {
    const me = this.#members.find((member) => member.id === id);
    const owner = this.#members.find(({ role }) => role === "owner");
    if (!me || !owner) return null;
    return {
      ...{ name: this.#name, joinPolicy: this.#joinPolicy, owner: owner.id, role: me.role },
      ...{ memberCount: this.#members.length, lastSeq: this.#last, readSeq: me.read },
      unread: this.#log.filter(({ seq, what }) => seq > me.read && typeof what === "string").length,
      last: this.#log.findLast(({ seq }) => seq > me.from) ?? null,
    };
  }

  /** Performs an action. @returns the expected events of each socket of the members from before */
  do(by: number, action: Action): Map<number, Told[]> {
    const before = this.#members.map(({ id }) => id);
    const gone = this.#gone(by, action);
    const told = gone ? [] : this.#apply(by, action);
    if (gone) {
      this.#members = this.#members.filter(({ id }) => !gone.ids.includes(id));
      if (gone.event) told.push(...this.#tip(by, gone.event, gone.ids));
    }
    return new Map(
      before.map((id) => {
        if (gone?.ids.includes(id)) return [id, [{ kicked: gone.reason, code: 4001 }]];
        const toAll = told.filter((each) => !("member" in each) || each.member !== "applied");
        return [id, this.#member(id).role === "member" ? toAll : [...told]];
      }),
    );
  }

  #gone(by: number, action: Action): { ids: number[]; reason: string; event?: string } | undefined {
    if (action.do === "leave" || (action.do === "remove" && action.whom === by)) {
      return { ids: [by], reason: "left", event: "left" };
    }
    if (action.do === "remove") return { ids: [action.whom], reason: "removed", event: "removed" };
    if (action.do === "dissolve") return { ids: this.#members.map(({ id }) => id), reason: "dissolved" };
    return undefined;
  }

  #apply(by: number, action: Action): Told[] {
    switch (action.do) {
      case "say": {
        const message = { seq: this.#last + 1, by, what: action.text };
        this.#log.push(message);
        this.#member(by).read = message.seq;
        return [{ message }];
      }
      case "read": {
        const me = this.#member(by);
        if (action.seq <= me.read) return [];
        me.read = action.seq;
        return [{ read: by, seq: action.seq }];
      }
      case "add":
        return this.#admit(by, action.whom);
      case "join":
        if (this.has(by)) return [];
        return this.#joinPolicy === "free" ? this.#admit(by, [by]) : this.#ask(by, action.message);
      case "decide": {
        const application = this.#applications.find(({ id }) => id === action.application);
        if (!application) throw new Error("no join request");
        if (action.accept) return this.#admit(by, [application.by]);
        application.isOpen = false;
        return [];
      }
      case "role": {
        const target = this.#member(action.whom);
        if (target.role === action.role) return [];
        target.role = action.role;
        return this.#tip(by, "role", [action.whom]);
      }
      case "mute": {
        const target = this.#member(action.whom);
        if (!target.muted && action.seconds === 0) return [];
        target.muted = action.seconds > 0;
        return this.#tip(by, "muted", [action.whom]);
      }
      case "card": {
        const target = this.#member(action.whom);
        if (target.card === action.card) return [];
        target.card = action.card;
        return [{ member: "name_card", userIds: [action.whom] }];
      }
      case "hand over":
        Object.assign(this.#member(by), { role: "member" });
        Object.assign(this.#member(action.whom), { role: "owner", muted: false });
        return this.#tip(by, "owner", [action.whom]);
      case "edit": {
        const { name = this.#name, joinPolicy = this.#joinPolicy } = action;
        if (name === this.#name && joinPolicy === this.#joinPolicy) return [];
        this.#name = name;
        this.#joinPolicy = joinPolicy;
        return this.#tip(by, "profile", []);
      }
      default:
        throw new Error(`${action.do} is not done here`);
    }
  }

  #ask(by: number, message: string): Told[] {
    const open = this.#applications.find((each) => each.by === by && each.isOpen);
    if (open) {
      open.message = message;
      return [];
    }
    this.#applications.push({ id: this.#applications.length + 1, by, message, isOpen: true });
    return [{ member: "applied", userIds: [by] }];
  }

  #admit(by: number, ids: number[]): Told[] {
    const newcomers = ids.filter((id) => !this.has(id));
    if (newcomers.length === 0) return [];
    const from = this.#last;
    const told = this.#tip(by, "joined", newcomers);
    for (const id of newcomers.toSorted((a, b) => a - b)) {
      this.#members.push({ id, role: "member", from, read: this.#last, muted: false, card: "" });
      for (const application of this.#applications) if (application.by === id) application.isOpen = false;
    }
    return told;
  }

  #tip(by: number, event: string, userIds: number[]): Told[] {
    const message = { seq: this.#last + 1, by, what: { event, userIds } };
    this.#log.push(message);
    return [{ message }, { member: event, userIds }];
  }

  get #last(): number {
    return this.#log.length;
  }

  #member(id: number): Member {
    const found = this.#members.find((member) => member.id === id);
    if (!found) throw new Error(`${id} is in the group`);
    return found;
  }
}
