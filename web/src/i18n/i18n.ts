import { signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";
import type { Catalog, Key } from "./catalog.ts";
import type { Parameters } from "./text.ts";

/** The languages of the page. */
export const LOCALES = ["en", "zh"] as const;
type Locale = (typeof LOCALES)[number];
/** The language that was chosen; absent: that of the browser. */
const chosen = stored("locale", (value) => LOCALES.find((one) => one === value) ?? null);

/** The language on screen. */
export const locale = signal<Locale>("en");
const catalog = signal<Catalog | null>(null);
let plural = new Intl.PluralRules("en");

/** Loads the texts of the chosen language, else those of the browser's, and shows them. */
export async function loadLocale(): Promise<void> {
  const wanted = chosen.read() ?? closest(navigator.language);
  await showLocale(wanted);
  document.documentElement.lang = tagOf(wanted);
}

/** The language of the client for one that is asked for. @param tag of BCP 47 */
export function closest(tag: string): Locale {
  return tag.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Loads the texts of a language, and shows them. */
export async function showLocale(wanted: Locale): Promise<void> {
  const texts = wanted === "zh" ? (await import("./zh/index.ts")).zh : (await import("./en/index.ts")).en;
  plural = new Intl.PluralRules(tagOf(wanted));
  catalog.value = texts;
  locale.value = wanted;
}

/** Shows the client in another language, from now on. */
export async function chooseLocale(wanted: Locale): Promise<void> {
  chosen.write(wanted);
  await loadLocale();
}

/** The BCP 47 tag by which `Intl` knows the language on screen. */
export function localeTag(): string {
  return tagOf(locale.value);
}

function tagOf(of: Locale): string {
  return of === "zh" ? "zh-CN" : "en";
}

/** A text in the language on screen. @param parameters what it names; `n` selects the plural form */
export function t(key: Key, parameters: Parameters = {}): string {
  const text = catalog.value?.[key] ?? "";
  const form =
    typeof text === "string" ? text : (text[plural.select(Number(parameters.n))] ?? text.other ?? "");
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(localeTag()) : value;
  });
}
