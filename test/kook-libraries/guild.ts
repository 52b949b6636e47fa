import { z } from "zod";
import type { World } from "../bot-libraries/world.ts";

const Made = z.object({ id: z.int() });
const Channels = z.object({ items: z.array(Made) });
const Invitation = z.object({ code: z.string() });
const Shown = z.looseObject({
  seq: z.int(),
  kind: z.string(),
  body: z.looseObject({ text: z.string().optional() }),
  sender: z.looseObject({ id: z.int() }),
  buttons: z.array(z.unknown()).optional(),
  reactions: z.array(z.looseObject({ key: z.string() })).optional(),
});
type Shown = z.infer<typeof Shown>;

/** A space of the person's, which the bot is in: it may ban, since a library reads bans as it starts. */
export class Guild {
  readonly #world: World;
  readonly id: number;
  readonly channel: number;
  /** the role of the person */
  readonly role: number;

  private constructor(world: World, { id, channel, role }: { id: number; channel: number; role: number }) {
    this.#world = world;
    this.id = id;
    this.channel = channel;
    this.role = role;
  }

  static async make(world: World): Promise<Guild> {
    const { person, bot, origin } = world;
    const { id } = Made.parse(await person.call("POST", "/v1/spaces", { name: "Garden club" }));
    const space = `/v1/spaces/${id}`;
    const [channel] = Channels.parse(await person.call("GET", `${space}/channels`)).items;
    if (!channel) throw new Error("a space begins with a channel");
    const add = async (name: string, permissions: string[]) =>
      Made.parse(await person.call("POST", `${space}/roles`, { name, permissions })).id;
    const role = await add("Gardeners", []);
    await person.call("PUT", `${space}/members/${person.user.id}/roles/${role}`);
    const { code } = Invitation.parse(await person.call("POST", `${space}/invitations`, {}));
    const headers = { Authorization: `Bearer ${bot.token}` };
    const joined = await fetch(`${origin}/v1/invitations/${code}`, { method: "POST", headers });
    if (!joined.ok) throw new Error(`the bot is not in: ${joined.status}`);
    await person.call("PUT", `${space}/members/${bot.id}/roles/${await add("Helpers", ["ban"])}`);
    return new Guild(world, { id, channel: channel.id, role });
  }

  /** The person writes in the channel: a text, or a picture of this name. */
  async say(text: string, asPicture = false): Promise<void> {
    const picture = { kind: "image", body: { url: "https://pictures.example/1.png", name: text } };
    const body = asPicture ? picture : { kind: "text", body: { text } };
    await this.#world.person.call("POST", `/v1/conversations/${this.channel}/messages`, body);
  }

  /** Waits for a message that the person sees in the channel. */
  async seen(is: (message: Shown) => boolean): Promise<void> {
    const path = `/v1/conversations/${this.channel}/messages?limit=100`;
    for (let tries = 0; tries < 600; tries++) {
      const { items } = z.object({ items: z.array(Shown) }).parse(await this.#world.person.call("GET", path));
      if (items.some(is)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the person does not see it");
  }
}
