import { expect } from "vitest";
import { z } from "zod";
import { CoreError } from "../../../src/domain/errors.ts";
import { ConversationId } from "../../../src/domain/ids.ts";
import { type Answer, call, registerUsers, type SignedIn } from "../../support/clients/api.ts";

export const Space = z.object({ id: z.int(), name: z.string(), owner_id: z.int(), member_count: z.int() });
const Channels = z.object({
  items: z.array(z.looseObject({ id: ConversationId, name: z.string(), following: z.boolean() })),
});
const Invitation = z.object({ code: z.string() });

/** A call of a user. */
export function as(who: SignedIn, method: string, path: string, body?: object): Promise<Answer> {
  return call(method, path, { token: who.token, ...(body && { body }) });
}

/** What a call to an object gives that cannot be reached, after all tries. */
export function unreachable(): CoreError {
  return new CoreError("unavailable", "It fails on purpose.", { retryAfter: 1 });
}

/** A space of Ann's with the channel `general`, which Bob is in, and Eve is not. */
export class Scene {
  readonly ann: SignedIn;
  readonly bob: SignedIn;
  readonly eve: SignedIn;
  readonly id: number;
  readonly general: ConversationId;

  private constructor([ann, bob, eve]: [SignedIn, SignedIn, SignedIn], id: number, general: ConversationId) {
    this.ann = ann;
    this.bob = bob;
    this.eve = eve;
    this.id = id;
    this.general = general;
  }

  static async make(): Promise<Scene> {
    const people = await registerUsers(3);
    const [ann, bob] = people;
    const made = await as(ann, "POST", "/v1/spaces", { name: "Garden club", description: "Soil" });
    expect(made.status).toBe(201);
    const { id } = Space.parse(made.body);
    const [general] = Channels.parse((await as(ann, "GET", `/v1/spaces/${id}/channels`)).body).items;
    if (!general) throw new Error("a space begins with a channel");
    const scene = new Scene(people, id, general.id);
    const joined = await scene.join(bob, await scene.invite(ann));
    expect(joined.body).toMatchObject({ space: { id, member_count: 2 }, channel_id: general.id });
    return scene;
  }

  /** A call about the space. @param path behind that of the space */
  ask(who: SignedIn, method: string, path = "", body?: object): Promise<Answer> {
    return as(who, method, `/v1/spaces/${this.id}${path}`, body);
  }

  async channels(who: SignedIn): Promise<z.infer<typeof Channels>["items"]> {
    return Channels.parse((await this.ask(who, "GET", "/channels")).body).items;
  }

  /** @returns the code of a new invitation */
  async invite(who: SignedIn, terms: object = {}): Promise<string> {
    const { status, body } = await this.ask(who, "POST", "/invitations", terms);
    expect(status, JSON.stringify(body)).toBe(201);
    return Invitation.parse(body).code;
  }

  join(who: SignedIn, code: string): Promise<Answer> {
    return as(who, "POST", `/v1/invitations/${code}`);
  }

  /** Ends Bob's membership: he leaves, or Ann removes him. */
  async endBob(how: "leaves" | "is removed"): Promise<void> {
    const { ann, bob } = this;
    const ended =
      how === "leaves"
        ? await this.ask(bob, "POST", "/leave")
        : await this.ask(ann, "DELETE", `/members/${bob.user.id}`);
    expect(ended.status, JSON.stringify(ended.body)).toBe(204);
  }

  async addChannel(name: string, fields: object = {}): Promise<ConversationId> {
    const channel = { name, topic: "All of it", ...fields };
    const { status, body } = await this.ask(this.ann, "POST", "/channels", channel);
    expect(status, JSON.stringify(body)).toBe(201);
    return z.object({ id: ConversationId }).parse(body).id;
  }

  /** A call about the space that changes something. */
  async done(who: SignedIn, method: string, path: string, body?: object, status = 204): Promise<void> {
    const answer = await this.ask(who, method, path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  }

  /** @returns the id of a new role */
  async addRole(role: object): Promise<number> {
    const { status, body } = await this.ask(this.ann, "POST", "/roles", role);
    expect(status, JSON.stringify(body)).toBe(201);
    return z.object({ id: z.int() }).parse(body).id;
  }

  /** @returns the id of a new category */
  async addCategory(name: string): Promise<number> {
    const { status, body } = await this.ask(this.ann, "POST", "/categories", { name });
    expect(status, JSON.stringify(body)).toBe(201);
    return z.object({ id: z.int() }).parse(body).id;
  }

  giveRole(who: SignedIn, role: number): Promise<void> {
    return this.done(this.ann, "PUT", `/members/${who.user.id}/roles/${role}`);
  }
}
