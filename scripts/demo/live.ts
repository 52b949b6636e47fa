import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { Person } from "../support/person.ts";
import { User } from "../support/shapes.ts";
import { standardSocket } from "../support/wire.ts";
import { HIKE } from "./world/talks/hike.ts";
import { BOT, COMMAND } from "./world.ts";

/** Between two pieces of a text that grows, in ms. */
const PIECE_MS = 220;
/** Before a socket that has ended is opened anew, in ms. */
const AGAIN_MS = 1_000;
/** How long somebody types, in ms. */
const TYPING_MS = 4_000;

const Bots = z.object({ items: z.array(User) });
const Token = z.object({ token: z.string() });
const Frame = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("message"),
    message: z.object({ body: z.object({ text: z.string().optional() }) }),
  }),
  z.object({ type: z.literal("read"), user_id: z.int() }),
]);
type Frame = z.infer<typeof Frame>;

/** What the bot writes, piece by piece. */
const PLAN = `# Saturday 星期六
| | |
|--:|:--|
| 8:00 | North gate 北门 |
| 10:30 | Waterfall 瀑布 |
| 12:30 | Lunch 午饭 |
| 17:00 | Back home 回家 |

- [x] Ask for the weather: **sunny**, 19 °C
- [ ] Tell everybody

The last stop is a surprise: ||ice cream 🍦||`;

/**
 * Plays those who answer while somebody looks: the bot writes a plan when it is asked for one, and Lin writes
 * once Ann has opened the group.
 */
export async function live(origin: string): Promise<void> {
  const [ann, lin] = [await Person.signIn(origin, "ann"), await Person.signIn(origin, "lin")];
  const group = (await ann.conversations()).find(({ name }) => name === HIKE.group?.name);
  const bots = Bots.parse(await ann.call("GET", "/v1/bots")).items;
  const bot = bots.find(({ username }) => username === BOT);
  if (!group || !bot) return;
  const { token } = Token.parse(await ann.call("POST", `/v1/bots/${bot.id}/token`));
  planner(Person.of(origin, token, bot), group.id);
  visitor(lin, ann, group.id);
}

/** The bot, which waits for its command. */
function planner(bot: Person, id: number): void {
  let count = 0;
  const socket = listen(bot.deviceUrl, bot.token, (frame) => {
    if (frame.type !== "message" || !frame.message.body.text?.startsWith(`/${COMMAND}`)) return;
    const stream = `plan-${Date.now()}-${count++}`;
    const write = (text: string, end: boolean) =>
      socket.send(
        JSON.stringify({ type: "draft_text", conversation_id: id, stream, text, ...(end && { end }) }),
      );
    grow(write).catch(() => {});
  });
}

async function grow(write: (text: string, end: boolean) => void): Promise<void> {
  const words = PLAN.split(/(?<= |\n)/);
  for (let n = 3; n < words.length; n += 3) {
    write(words.slice(0, n).join(""), false);
    await setTimeout(PIECE_MS);
  }
  write(PLAN, true);
}

/** Lin, who sees that Ann has come, and writes. */
function visitor(lin: Person, ann: Person, id: number): void {
  let hasCome = false;
  const socket = listen(lin.roomUrl(id, {}), lin.token, (frame) => {
    if (hasCome || frame.type !== "read" || frame.user_id !== ann.user.id) return;
    hasCome = true;
    answer().catch(() => {});
  });
  const answer = async () => {
    await setTimeout(TYPING_MS);
    for (let i = 0; i < TYPING_MS / 1_000; i++) {
      socket.send(JSON.stringify({ type: "typing" }));
      await setTimeout(1_000);
    }
    const { seq } = await lin.send(id, "Ann 你来啦！周六天气很好 ☀️ 输入 `/plan` 看看计划。");
    await lin.read(id, seq);
  };
}

/** A socket, whose other frames are passed over. It is opened anew when it ends. */
function listen(url: string, token: string, hear: (frame: Frame) => void): { send(text: string): void } {
  const open = () =>
    standardSocket(url, token, {
      text: (text) => {
        const frame = Frame.safeParse(JSON.parse(text));
        if (frame.success) hear(frame.data);
      },
      closed: () => {
        setTimeout(AGAIN_MS).then(() => {
          socket = open();
        });
      },
    });
  let socket = open();
  return { send: (text) => socket.send(text) };
}
