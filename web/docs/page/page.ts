import type { Html } from "./html.ts";

/** A place on a page that the menu and the search lead to. */
export interface Section {
  /** the `id` of its heading */
  id: string;
  title: string;
  /** what the search looks through besides the title */
  text: string;
  /** whether the menu lists it under its page */
  isInMenu: boolean;
}

/** One page at /docs. */
export interface DocsPage {
  /** its path, `/docs/resume` for example */
  path: string;
  title: string;
  /** the heading of the menu under which the page stands; the first page has none */
  group: string;
  /** of the body; absent: English */
  lang?: "zh-CN";
  body: Html;
  sections: Section[];
}

/** An entry of `/docs/search.json`. */
export interface SearchEntry {
  title: string;
  page: string;
  /** the heading of the menu under which the page stands */
  group: string;
  href: string;
  text: string;
}

/** The entries of the search: each page, and each of its sections. */
export function searchEntries(pages: readonly DocsPage[]): SearchEntry[] {
  return pages.flatMap(({ path, title, group, sections }) => [
    { title, page: group, group, href: path, text: "" },
    ...sections.map((section) => ({
      title: section.title,
      page: title,
      group,
      href: `${path}#${section.id}`,
      text: section.text,
    })),
  ]);
}
