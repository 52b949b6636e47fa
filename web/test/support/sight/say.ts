import { texts as first } from "../../../src/i18n/en/index.ts";
import { texts as later } from "../../../src/i18n/en/later/index.ts";
import { texts as staff } from "../../../src/i18n/en/staff.ts";
import { texts as zhFirst } from "../../../src/i18n/zh/index.ts";
import { texts as zhLater } from "../../../src/i18n/zh/later/index.ts";
import { texts as zhStaff } from "../../../src/i18n/zh/staff.ts";

const TEXTS = { "en-US": { ...first, ...later, ...staff }, "zh-CN": { ...zhFirst, ...zhLater, ...zhStaff } };

/** A language that browsers ask for, of those that the page has. */
export type Language = keyof typeof TEXTS;
/** Says a text of the page in a language. @param given what the text names */
export type Say = (key: keyof (typeof TEXTS)["en-US"], given?: Readonly<Record<string, string>>) => string;

/** The texts of the page in a language; of those with plural forms, that for many. */
export function saying(language: Language): Say {
  return (key, given = {}) => {
    const text: string | { readonly other?: string } = TEXTS[language][key];
    const form = typeof text === "string" ? text : (text.other ?? "");
    return form.replace(/\{(\w+)\}/g, (all, name: string) => given[name] ?? all);
  };
}
