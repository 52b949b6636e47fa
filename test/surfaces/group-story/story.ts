import { expect, inject } from "vitest";
import type { JoinPolicy } from "../../../src/domain/conversations/group-kind.ts";
import { standStill } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { Model } from "./model.ts";
import type { Action, Live, Outcome, Person, Surface, Told } from "./surface.ts";

/**
 * A group in which things happen one after the other. After each step the model says what every socket is told, and
 * what these people see: the owner, who acts, upon whom, who joins or leaves, and one more, each in turn. All people's
 * views are compared at the beginning and at the `end`, and after each step with `PROPERTY_RUNS`. Views are of stored
 * state: a wrong one that a step leaves behind is seen when it is that person's turn.
 * What is refused in a row is compared once, before the next thing happens.
 */
export class Story {
  readonly #surface: Surface;
  readonly #people: Person[];
  readonly #group: number;
  readonly #model: Model;
  readonly #sockets = new Map<number, Live>();
  /** what was refused since views were held against the model */
  readonly #refused: string[] = [];
  /** who acted, and upon whom, since then */
  readonly #concerned = new Set<number>();
  /** whose turn it is to be looked at */
  #turn = 0;

  private constructor(surface: Surface, people: Person[], group: number, model: Model) {
    this.#surface = surface;
    this.#people = people;
    this.#group = group;
    this.#model = model;
  }

  /** Begins with a group; its creation is held against the model too. */
  static async begin(
    surface: Surface,
    people: Person[],
    { owner, members, joinPolicy }: { owner: Person; members: readonly Person[]; joinPolicy: JoinPolicy },
  ): Promise<Story> {
    const group = await surface.create(owner, [...members], "a story", joinPolicy);
    const model = new Model(
      owner.user.id,
      members.map(({ user }) => user.id),
    );
    model.do(owner.user.id, { do: "edit", name: "a story", joinPolicy });
    const story = new Story(surface, people, group, model);
    await story.#compare(new Map(), "the beginning", people);
    return story;
  }

  /** Somebody does something, and it comes out like this. */
  async step(who: Person, action: Action, wanted: Outcome = "done"): Promise<void> {
    const at = `${who.name} ${JSON.stringify(action)}`;
    const happens = wanted === "done" || wanted === "requested";
    if (happens) await this.#compareRefused();
    this.#concern(who, action);
    expect(await this.#surface.act(who, this.#group, action), at).toBe(wanted);
    if (happens) await this.#compare(this.#model.do(who.user.id, action), at);
    else this.#refused.push(at);
  }

  /** What was refused last has changed nothing, and everybody sees what the model does. */
  async end(): Promise<void> {
    await this.#compare(new Map(), ["the end", ...this.#refused.splice(0)].join("; "), this.#people);
  }

  async #compareRefused(): Promise<void> {
    const refused = this.#refused.splice(0);
    if (refused.length > 0) await this.#compare(new Map(), refused.join("; "));
  }

  #concern(who: Person, action: Action): void {
    this.#concerned.add(who.user.id);
    if (!("whom" in action)) return;
    for (const id of [action.whom].flat()) this.#concerned.add(id);
  }

  /** Somebody is muted until just now: as soon as that is over he says something. */
  async muteBriefly(who: Person, whom: Person, text: string): Promise<void> {
    const [mute, say] = [
      { do: "mute", whom: whom.user.id, seconds: 1 },
      { do: "say", text },
    ] as const;
    await this.#compareRefused();
    this.#concern(who, mute);
    const clock = standStill();
    expect(await this.#surface.act(who, this.#group, mute)).toBe("done");
    const told = this.#model.do(who.user.id, mute);
    expect(await this.#surface.act(whom, this.#group, say)).toBe("muted");
    clock.goesOn();
    await eventually(async () => expect(await this.#surface.act(whom, this.#group, say)).toBe("done"));
    this.#model.unmute(whom.user.id);
    for (const [id, more] of this.#model.do(whom.user.id, say)) told.get(id)?.push(...more);
    await this.#compare(told, `${whom.name} is muted for a second`);
  }

  /** @param seeing whose views are compared */
  async #compare(told: Map<number, Told[]>, at: string, seeing = this.#seeing()): Promise<void> {
    await Promise.all(
      this.#people.map((person) => this.#compareTold(person, told.get(person.user.id) ?? [], at)),
    );
    await Promise.all(seeing.map((person) => this.#compareView(person, at)));
    this.#concerned.clear();
  }

  #seeing(): Person[] {
    if (inject("propertyRuns")) return this.#people;
    const turn = this.#turn++ % this.#people.length;
    return this.#people.filter(({ user: { id } }, index) => {
      const joinsOrLeaves = this.#model.has(id) !== this.#sockets.has(id);
      const isOwner = this.#model.listed(id)?.role === "owner";
      return index === turn || isOwner || joinsOrLeaves || this.#concerned.has(id);
    });
  }

  async #compareTold(person: Person, wanted: Told[], at: string): Promise<void> {
    const { id } = person.user;
    const socket = this.#sockets.get(id);
    const stays = this.#model.has(id);
    if (socket) {
      expect(await socket.told(stays ? "settled" : "closed"), `${person.name}'s socket: ${at}`).toEqual(
        wanted,
      );
    }
    const listed = this.#model.listed(id);
    if (socket && listed && isAnnounced(id, wanted)) await socket.shows(listed);
    if (!stays) this.#sockets.delete(id);
    else if (!socket) this.#sockets.set(id, await this.#surface.open(person, this.#group));
  }

  async #compareView(person: Person, at: string): Promise<void> {
    const { id } = person.user;
    expect(await this.#surface.view(person, this.#group), `${person.name}'s view: ${at}`).toEqual(
      this.#model.view(id),
    );
    // Lists of those whom it does not concern follow a little later.
    await eventually(async () =>
      expect(await this.#surface.listed(person, this.#group), `${person.name}'s list: ${at}`).toEqual(
        this.#model.listed(id),
      ),
    );
  }
}

/** Whether somebody is also told what the group is like for him: the group's profile, or his own role, is new. */
function isAnnounced(id: number, told: Told[]): boolean {
  return told.some((each) => {
    if (!("member" in each)) return false;
    return (
      each.member === "profile" ||
      each.member === "owner" ||
      (each.member === "role" && each.userIds.includes(id))
    );
  });
}
