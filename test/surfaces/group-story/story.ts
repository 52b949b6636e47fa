import { expect, inject } from "vitest";
import type { JoinPolicy } from "../../../src/domain/conversations/group-kind.ts";
import { freezeClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { Model } from "./model.ts";
import type { Action, Live, Outcome, Person, Surface, Told } from "./surface.ts";

/**
 * A group in which actions follow each other. After each step the model gives the expected events of every
 * socket, and some users' expected views: the owner's, the actor's, those of the users acted upon, who join
 * or leave, and one more in turn.
 *
 * All users' views are compared at the beginning and at the `end`, and after each step with `PROPERTY_RUNS`.
 * Views are of stored state: a step's wrong one is found in that user's turn. Consecutive refusals are
 * compared once, before the next successful action.
 */
export class Story {
  readonly #surface: Surface;
  readonly #people: Person[];
  readonly #group: number;
  readonly #model: Model;
  readonly #sockets = new Map<number, Live>();
  /** refused actions since the last comparison of views */
  readonly #refused: string[] = [];
  /** actors and users acted upon since then */
  readonly #concerned = new Set<number>();
  /** the user whose view is compared next */
  #turn = 0;

  private constructor(surface: Surface, people: Person[], group: number, model: Model) {
    this.#surface = surface;
    this.#people = people;
    this.#group = group;
    this.#model = model;
  }

  /** Creates the group, and compares its creation too. */
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

  /** Performs an action, and asserts its outcome. */
  async step(who: Person, action: Action, expected: Outcome = "done"): Promise<void> {
    const at = `${who.name} ${JSON.stringify(action)}`;
    const happens = expected === "done" || expected === "requested";
    if (happens) await this.#compareRefused();
    this.#concern(who, action);
    expect(await this.#surface.act(who, this.#group, action), at).toBe(expected);
    if (happens) await this.#compare(this.#model.do(who.user.id, action), at);
    else this.#refused.push(at);
  }

  /** Asserts that the last refusals changed nothing, and compares all views. */
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

  /** A member whose mute has just ended sends a message. */
  async muteBriefly(who: Person, target: Person, text: string): Promise<void> {
    const [mute, say] = [
      { do: "mute", whom: target.user.id, seconds: 1 },
      { do: "say", text },
    ] as const;
    await this.#compareRefused();
    this.#concern(who, mute);
    const clock = freezeClock();
    expect(await this.#surface.act(who, this.#group, mute)).toBe("done");
    const told = this.#model.do(who.user.id, mute);
    expect(await this.#surface.act(target, this.#group, say)).toBe("muted");
    clock.resume();
    await eventually(async () => expect(await this.#surface.act(target, this.#group, say)).toBe("done"));
    this.#model.unmute(target.user.id);
    for (const [id, more] of this.#model.do(target.user.id, say)) told.get(id)?.push(...more);
    await this.#compare(told, `${target.name} is muted for a second`);
  }

  /** @param seeing the users whose views are compared */
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

  async #compareTold(person: Person, expected: Told[], at: string): Promise<void> {
    const { id } = person.user;
    const socket = this.#sockets.get(id);
    const stays = this.#model.has(id);
    if (socket) {
      expect(await socket.told(stays ? "settled" : "closed"), `${person.name}'s socket: ${at}`).toEqual(
        expected,
      );
    }
    const listed = this.#model.listed(id);
    if (socket && listed && isAnnounced(id, expected)) await socket.shows(listed);
    if (!stays) this.#sockets.delete(id);
    else if (!socket) this.#sockets.set(id, await this.#surface.open(person, this.#group));
  }

  async #compareView(person: Person, at: string): Promise<void> {
    const { id } = person.user;
    expect(await this.#surface.view(person, this.#group), `${person.name}'s view: ${at}`).toEqual(
      this.#model.view(id),
    );
    // Lists of users not concerned are updated a little later.
    await eventually(async () =>
      expect(await this.#surface.listed(person, this.#group), `${person.name}'s list: ${at}`).toEqual(
        this.#model.listed(id),
      ),
    );
  }
}

/** Whether a user also gets a conversation update: the group's profile or their own role is new. */
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
