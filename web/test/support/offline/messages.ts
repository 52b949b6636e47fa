import type { Page } from "playwright-core";
import { expect } from "vitest";
import { composer, confirm, focusRow, message, row, stored } from "../talk.ts";
import type { Action, World } from "./action.ts";
import { choose, latest, type Stored, talk } from "./writing.ts";

const MESSAGE = "/v1/conversations/{id}/messages/{seq}";

/** What users do with messages. */
export const MESSAGES: readonly Action[] = [
  {
    name: "React",
    calls: [`put ${MESSAGE}/reactions/{key}`],
    before: "says",
    lost: "says",
    play: async (world) => {
      const { word, read, hash, ready } = await talk(world);
      return {
        ...{ hash, ready },
        act: (page) => choose(page, word, "React with 👍"),
        shown: (page) => stored(page, word).getByRole("button", { name: "👍, 1 reaction", pressed: true }),
        state: async () => (await read()).reactions ?? [],
        done: [{ key: "👍", count: 1, user_ids: [world.ann.user.id] }],
      };
    },
  },
  {
    name: "Edit",
    calls: [`patch ${MESSAGE}`],
    before: "says",
    lost: "says",
    play: async (world) => {
      const { word, read, hash, ready } = await talk(world, "ann");
      return {
        ...{ hash, ready },
        act: async (page) => {
          await choose(page, word, "Edit");
          await page.getByText("Edit the message").waitFor();
          await page.locator(".composer textarea").fill(`${word} edited`);
          await page.locator(".composer textarea").press("Enter");
        },
        again: (page) => page.locator(".composer textarea").press("Enter"),
        state: async () => {
          const { body, version } = await read();
          return [body.text, version];
        },
        done: [`${word} edited`, 2],
      };
    },
  },
  {
    name: "Delete for everyone",
    calls: [`delete ${MESSAGE}`],
    before: "says",
    lost: "says",
    play: async (world) => {
      const { word, read, hash, ready } = await talk(world, "ann");
      return {
        ...{ hash, ready },
        act: async (page) => {
          await choose(page, word, "Delete for everyone");
          await confirm(page, "Delete for everyone");
        },
        shown: (page) => page.getByText("You deleted this message.").last(),
        state: async () => (await read()).revoked,
        done: true,
      };
    },
  },
  {
    name: "Pin",
    calls: [`put ${MESSAGE}/pin`],
    before: "says",
    lost: "says",
    play: async (world) => {
      const { word, read, hash, ready } = await talk(world);
      return {
        ...{ hash, ready },
        act: (page) => choose(page, word, "Pin"),
        shown: (page) => stored(page, word).getByText("Pinned"),
        state: async () => (await read()).pinned_at > 0,
        done: true,
      };
    },
  },
  {
    name: "Copy the text",
    before: "works",
    play: async (world) => {
      const { word, hash, ready } = await talk(world);
      return {
        ...{ hash, ready },
        act: (page) => choose(page, word, "Copy"),
        seen: (page) => page.getByText("Copied"),
      };
    },
  },
  {
    name: "Select messages",
    before: "works",
    play: async (world) => {
      const { word, hash, ready } = await talk(world);
      return {
        ...{ hash, ready },
        act: (page) => choose(page, word, "Select"),
        seen: (page) => page.getByText("1 selected"),
      };
    },
  },
  simple("Delete for me", "Delete for me", `delete ${MESSAGE}`, {
    isAsked: true,
    state: async (world, { seq }) => (await latest(world, world.id)).some((one) => one.seq === seq),
    done: false,
  }),
  simple("Mark unread from a message on", "Mark unread from here", "put /v1/conversations/{id}/read", {
    state: async (world) => Object(await world.ann.call("GET", `/v1/conversations/${world.id}`)).unread_count,
    done: 1,
  }),
  simple("Save a message", "Save", `put ${MESSAGE}/saved`, {
    press: (page) => page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click(),
    state: async (world, { seq }) =>
      Object(await world.ann.call("GET", "/v1/saved")).items.filter((one: Stored) => one.seq === seq).length,
    done: 1,
  }),
  simple("Report a message", "Report", "post /v1/reports", {
    press: async (page) => {
      await page.getByRole("radio", { name: "Spam" }).check();
      await page.getByRole("button", { name: "Send the report" }).click();
    },
  }),
  {
    ...{ name: "Forward a message", before: "waits", lost: "waits" },
    play: async (world) => {
      const [{ hash, word }, to] = [await talk(world), world.word()];
      const { id } = await world.ann.openGroup(to, []);
      return {
        ...{ hash, ready: (page: Page) => row(page, to) },
        act: async (page) => {
          await choose(page, word, "Forward");
          await page.getByRole("dialog").getByRole("checkbox", { name: to }).check();
          await page.getByRole("dialog").getByRole("button", { name: "Forward", exact: true }).click();
        },
        seen: (page, moment) =>
          page.getByText(
            moment === "before" ? "Goes to 1 conversation as soon as" : "Forwarded to 1 conversation",
          ),
        state: async () => (await latest(world, id)).filter(({ body }) => body.text === word).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Vote", calls: [`put ${MESSAGE}/votes`], before: "says", lost: "says" },
    play: async (world) => {
      const { question, read, hash } = await poll(world);
      return {
        hash,
        ready: (page) => stored(page, question).getByRole("radio", { name: "Nine" }),
        act: (page) => stored(page, question).getByRole("radio", { name: "Nine" }).click(),
        shown: (page) => stored(page, question).getByText("1 voter"),
        state: async () => (await read()).votes ?? [],
        done: [1],
      };
    },
  },
  {
    ...{ name: "End a poll", calls: [`post ${MESSAGE}/close`], before: "says", lost: "says" },
    play: async (world) => {
      const { question, read, hash } = await poll(world, "ann");
      return {
        hash,
        ready: (page) => stored(page, question),
        act: async (page) => {
          await choose(page, question, "End the poll");
          await confirm(page, "End the poll");
        },
        shown: (page) => stored(page, question).getByText("Ended"),
        state: async () => (await read()).poll.closed_at > 0,
        done: true,
      };
    },
  },
  {
    ...{ name: "Follow a thread", calls: ["put /v1/conversations/{id}/threads/{root}/follow"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { word, seq, hash, ready } = await talk(world);
      await world.cem.call("POST", `/v1/conversations/${world.id}/messages`, {
        ...{ kind: "text", body: { text: "Yes" }, client_msg_id: word },
        thread: { root: seq, also_in_main: false },
      });
      return {
        ...{ hash, ready: (page: Page) => ready(page).getByText("1 reply") },
        act: (page) => choose(page, word, "Follow the thread"),
        state: async () =>
          Object(await world.ann.call("GET", `/v1/conversations/${world.id}/threads`)).items.some(
            (one: { root: Stored }) => one.root.seq === seq,
          ),
        done: true,
      };
    },
  },
  {
    ...{ name: "Answer in a thread", before: "waits", lost: "waits" },
    play: async (world) => {
      const [{ seq, hash }, text] = [await talk(world), world.word()];
      const thread = (page: Page) => page.getByRole("complementary", { name: "Thread" });
      return {
        hash: `${hash}/t/${seq}`,
        ready: (page) => thread(page).getByRole("textbox"),
        act: async (page) => {
          await thread(page).getByRole("textbox").fill(text);
          await thread(page).getByRole("textbox").press("Enter");
        },
        seen: (page) => thread(page).getByText(text).first(),
        state: async () =>
          Object(
            await world.ann.call("GET", `/v1/conversations/${world.id}/threads/${seq}/messages`),
          ).items.filter(({ body }: Stored) => body.text === text).length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Tap a button of a bot", calls: [`post ${MESSAGE}/taps`], before: "says", lost: "says" },
    play: async (world) => {
      const word = world.word();
      const { id, token } = Object(await world.ann.call("POST", "/v1/bots", { nickname: "Weather" }));
      await world.ann.call("POST", `/v1/conversations/${world.id}/members`, { user_ids: [id] });
      const bot = world.by(token);
      await bot.call("POST", `/v1/conversations/${world.id}/messages`, {
        ...{ kind: "text", body: { text: word }, client_msg_id: word },
        buttons: [[{ text: "Yes", data: "yes" }]],
      });
      return {
        hash: `#/c/${world.id}`,
        ready: (page) => stored(page, word).getByRole("button", { name: "Yes" }),
        act: (page) => stored(page, word).getByRole("button", { name: "Yes" }).click(),
      };
    },
  },
  {
    ...{ name: "Show a day", before: "says" },
    play: async (world) => {
      const { hash, ready } = await talk(world);
      const press = (page: Page) => page.getByRole("button", { name: "Show this day" }).click();
      return {
        ...{ hash, ready },
        act: async (page) => {
          await page.locator(".conversation .day button, .day-heading button, .day button").first().click();
          await press(page);
        },
        again: press,
      };
    },
  },
  {
    ...{ name: "Save and delete what is selected", calls: [`put ${MESSAGE}/saved`] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { word, seq, hash, ready } = await talk(world);
      const press = (page: Page) =>
        page.getByRole("toolbar").getByRole("button", { name: "Save", exact: true }).click();
      return {
        ...{ hash, ready },
        act: async (page) => {
          await choose(page, word, "Select");
          await press(page);
        },
        again: press,
        state: async () =>
          Object(await world.ann.call("GET", "/v1/saved")).items.filter((one: Stored) => one.seq === seq)
            .length,
        done: 1,
      };
    },
  },
  {
    ...{ name: "Cancel a file that waits", before: "works" },
    play: async (world) => {
      const [{ hash, ready }, caption] = [await talk(world), world.word()];
      return {
        ...{ hash, ready },
        act: async (page) => {
          const file = { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("plan") };
          await page.locator(".composer input[type=file]").setInputFiles(file);
          await page.getByRole("textbox", { name: "Caption", exact: true }).fill(caption);
          await page.getByRole("textbox", { name: "Caption", exact: true }).press("Enter");
          await message(page, caption).getByRole("button", { name: "Cancel", exact: true }).click();
          await message(page, caption).waitFor({ state: "detached" });
        },
        seen: composer,
        state: async () =>
          (await latest(world, world.id)).filter(({ body }) => JSON.stringify(body).includes(caption)).length,
        done: 0,
      };
    },
  },
  {
    ...{ name: "Copy the link of a message", before: "works" },
    play: async (world) => {
      const { word, hash, ready } = await talk(world);
      return {
        ...{ hash, ready },
        act: (page) => choose(page, word, "Copy the link"),
        seen: (page) => page.getByText("Copied"),
      };
    },
  },
  {
    ...{ name: "Take a reaction back", calls: [`delete ${MESSAGE}/reactions/{key}`] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { word, path, read, hash } = await talk(world);
      await world.ann.call("PUT", `${path}/reactions/${encodeURIComponent("👍")}`);
      const chip = (page: Page) => stored(page, word).getByRole("button", { name: "👍, 1 reaction" });
      return {
        hash,
        ready: chip,
        act: (page) => chip(page).click(),
        shown: (page) => page.locator("main").first(),
        state: async () => (await read()).reactions ?? [],
        done: [],
      };
    },
  },
  {
    ...{ name: "Unpin", calls: [`delete ${MESSAGE}/pin`], before: "says", lost: "says" },
    play: async (world) => {
      const { word, path, read, hash } = await talk(world);
      await world.ann.call("PUT", `${path}/pin`);
      return {
        ...{ hash, ready: (page: Page) => stored(page, word).getByText("Pinned") },
        // The notice of the pin stands below it, and has the key.
        act: async (page) => {
          await focusRow(page.locator("li[data-seq]").last());
          await page.keyboard.press("ArrowUp");
          await choose(page, word, "Unpin");
        },
        shown: (page) => page.locator("main").first(),
        state: async () => (await read()).pinned_at,
        done: 0,
      };
    },
  },
  {
    ...{ name: "Forget a saved message", calls: [`delete ${MESSAGE}/saved`], before: "says", lost: "says" },
    play: async (world) => {
      const { word, seq, path } = await talk(world);
      await world.ann.call("PUT", `${path}/saved`, {});
      const line = (page: Page) => page.locator(".saved-row").filter({ hasText: word });
      return {
        hash: "#/saved",
        ready: line,
        act: (page) => line(page).getByRole("button", { name: "Remove", exact: true }).click(),
        shown: (page) => page.getByRole("main").first(),
        state: async () =>
          Object(await world.ann.call("GET", "/v1/saved")).items.some((one: Stored) => one.seq === seq),
        done: false,
      };
    },
  },
  {
    ...{ name: "Unfollow a thread", calls: ["delete /v1/conversations/{id}/threads/{root}/follow"] },
    ...{ before: "says", lost: "says" },
    play: async (world) => {
      const { word, seq, hash } = await talk(world);
      await world.ann.call("POST", `/v1/conversations/${world.id}/messages`, {
        ...{ kind: "text", body: { text: "Yes" }, client_msg_id: word },
        thread: { root: seq, also_in_main: false },
      });
      const button = (page: Page) => page.getByRole("button", { name: "Following" });
      return {
        hash: `${hash}/t/${seq}`,
        ready: button,
        act: (page) => button(page).click(),
        shown: (page) => page.getByRole("complementary", { name: "Thread" }),
        state: async () =>
          Object(await world.ann.call("GET", `/v1/conversations/${world.id}/threads`)).items.some(
            (one: { root: Stored }) => one.root.seq === seq,
          ),
        done: false,
      };
    },
  },
];

/** A poll in the group. */
async function poll(world: World, by: "ann" | "ben" = "ben") {
  const question = world.word();
  const options = { multiple: false, anonymous: false, ends_at: 0 };
  const body = { question, options: ["Eight", "Nine"], ...options };
  const { seq } = Object(
    await world[by].call("POST", `/v1/conversations/${world.id}/messages`, {
      ...{ kind: "poll", body, client_msg_id: question },
    }),
  );
  const read = async () => Object((await latest(world, world.id)).find((one) => one.seq === seq));
  return { question, read, hash: `#/c/${world.id}` };
}

interface Simple {
  readonly isAsked?: boolean;
  /** what is done in the dialog that opens */
  readonly press?: (page: Page) => Promise<unknown>;
  readonly state?: (world: World, message: Awaited<ReturnType<typeof talk>>) => Promise<unknown>;
  readonly done?: unknown;
}

/** Something in the menu of a message of Ben's. */
function simple(name: string, item: string, call: string, { isAsked, press, state, done }: Simple): Action {
  return {
    ...{ name, calls: [call], before: "says", lost: "says" },
    play: async (world) => {
      const talked = await talk(world);
      const { word, hash, ready } = talked;
      return {
        ...{ hash, ready },
        act: async (page) => {
          await choose(page, word, item);
          if (isAsked) await confirm(page, item);
          await press?.(page);
        },
        ...(press ? { again: press } : { shown: (page: Page) => page.locator("main").first() }),
        ...(item === "Mark unread from here" && {
          // The page tells a moment after it shows the message that it was read.
          open: () => expect.poll(() => state?.(world, talked)).toBe(0),
          again: async (page: Page) => {
            await row(page, world.name).click();
            await choose(page, word, item);
          },
        }),
        ...(state && { state: () => state(world, talked), done }),
      };
    },
  };
}
