import { expect } from "vitest";
import type { z } from "zod";
import { call } from "./api.ts";
import type { Caller } from "./chat.ts";
import { StrictWideSearch } from "./shapes.ts";

export type WidePage = z.infer<typeof StrictWideSearch>;

/** One page of a search over all conversations of a user. @param query further parts, as `&limit=5` */
export async function searchAll({ token }: Caller, q: string, query = ""): Promise<WidePage> {
  const answer = await call("GET", `/v1/messages/search?q=${encodeURIComponent(q)}${query}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return StrictWideSearch.parse(answer.body);
}

/** The pages of such a search, by their cursors until the end. @param between runs between two pages */
export async function allPages(
  caller: Caller,
  q: string,
  query = "",
  between: (page: WidePage) => Promise<void> = async () => undefined,
): Promise<WidePage[]> {
  const pages: WidePage[] = [];
  for (let before = ""; ; ) {
    const page = await searchAll(caller, q, query + before);
    pages.push(page);
    expect(pages.length, "pages without an end").toBeLessThan(500);
    if (page.next_before === null) return pages;
    before = `&before=${encodeURIComponent(page.next_before)}`;
    await between(page);
  }
}

/** The addresses of the hits of some pages: `conversation/seq`. */
export function addresses(pages: WidePage[]): string[] {
  return pages.flatMap(({ items }) => items.map((item) => `${item.conversation_id}/${item.seq}`));
}
