import { confirm, stored } from "../talk.ts";
import type { Action } from "./action.ts";
import { choose, talk } from "./writing.ts";

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
];
