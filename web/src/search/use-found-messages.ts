import type { Message } from "parley-client";
import { useAccount } from "../state/context.ts";
import { type Pages, usePages } from "../state/use-pages.ts";
import { beginOf, formatQuery, type Query } from "./query.ts";

/** A page has so many messages. */
const PAGE = 30;
/** So many empty pages are asked for in a row. The server looks into 40 conversations for each. */
const EMPTY_PAGES = 5;

/** The messages that a search finds, newest first: none without words. */
export function useFoundMessages({ text, filters }: Query): Pages<Message> {
  const { chat } = useAccount();
  const q = text.trim();
  return usePages(
    async ({ cursor }) => {
      const query = {
        ...{ q, match: "words" as const, limit: PAGE },
        ...(filters.from !== undefined && { sender_id: filters.from }),
        ...(filters.has && { kind: filters.has }),
        ...(filters.after && { since: beginOf(filters.after) }),
        ...(filters.before && { until: beginOf(filters.before, 1) - 1 }),
      };
      const ask = async (before?: string): Promise<{ items: readonly Message[]; next: string | null }> => {
        if (filters.in === undefined) {
          const answer = await chat.api.call("get", "/v1/messages/search", {
            query: { ...query, ...(before && { before }) },
          });
          return { items: answer.items, next: answer.next_before };
        }
        const answer = await chat.api.call("get", "/v1/conversations/{id}/messages/search", {
          path: { id: filters.in },
          query: { ...query, ...(before && { before: Number(before) }) },
        });
        return { items: answer.items, next: answer.next_before === null ? null : `${answer.next_before}` };
      };
      if (q === "") return { items: [], next_cursor: null };
      let page = await ask(cursor);
      for (let i = 0; i < EMPTY_PAGES && page.items.length === 0 && page.next !== null; i++)
        page = await ask(page.next);
      return { items: page.items, next_cursor: page.next };
    },
    formatQuery({ text: q, filters }),
  );
}
