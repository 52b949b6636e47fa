import { signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";
import type { Key } from "./catalog.ts";
import type { Parameters, Text } from "./text.ts";

/** The languages of the page. */
export const LOCALES = ["en", "zh"] as const;
/** What the languages call themselves. */
export const LANGUAGES = { en: "English", zh: "中文" } as const;
type Locale = (typeof LOCALES)[number];
type Texts = { readonly [key in Key]?: Text };
/** The language that was chosen; absent: that of the browser. The elements for other pages ask for none. */
const chosen = /* @__PURE__ */ stored("locale", (value) => LOCALES.find((one) => one === value) ?? null);

/** The language on screen. */
export const locale = signal<Locale>("en");
/** The texts of the first view, and those of the views that are loaded when they are needed. */
const catalog = signal<Texts | null>(null);
const laterCatalog = signal<Texts>({});
let laterTexts: Promise<unknown> | undefined;
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

/** Loads the texts of a language, and shows them. Those of the first view do not wait for the others. */
export async function showLocale(wanted: Locale): Promise<void> {
  const isZh = wanted === "zh";
  const first = isZh ? import("./zh/index.ts") : import("./en/index.ts");
  const later = isZh ? import("./zh/later/index.ts") : import("./en/later/index.ts");
  const others = later.then(({ texts }) => {
    if (laterTexts === others) laterCatalog.value = texts;
  });
  laterTexts = others;
  // Whoever needs them says that they are missing.
  others.catch(() => {});
  const { texts } = await first;
  if (catalog.value) await others;
  if (laterTexts !== others) return;
  plural = new Intl.PluralRules(tagOf(wanted));
  catalog.value = texts;
  locale.value = wanted;
}

/** Ends when the texts of all views are there. */
export async function allTexts(): Promise<void> {
  await laterTexts;
}

/** Shows the client in another language, from now on. */
export async function chooseLocale(wanted: Locale): Promise<void> {
  chosen.write(wanted);
  await loadLocale();
}

/** The BCP 47 tag by which `Intl` knows the language on screen: the English of the device. */
export function localeTag(): string {
  // A browser may have more, which `Intl` refuses, as en-US@posix.
  const region = /^en-\w\w\b/.exec(navigator.language);
  return region && locale.value === "en" ? region[0] : tagOf(locale.value);
}

function tagOf(of: Locale): string {
  return of === "zh" ? "zh-CN" : "en";
}

/** A text in the language on screen. @param parameters what it names; `n` selects the plural form */
export function t(key: Key, parameters: Parameters = {}): string {
  return filled(catalog.value?.[key] ?? laterCatalog.value[key] ?? "", parameters);
}

/** A text with what it names. */
export function filled(text: Text, parameters: Parameters): string {
  const form =
    typeof text === "string" ? text : (text[plural.select(Number(parameters.n))] ?? text.other ?? "");
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(localeTag()) : value;
  });
}
