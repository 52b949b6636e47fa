/** A text, or one for each plural form of `n`. `{name}` stands for a parameter. */
export type Text = string | { readonly [form in Intl.LDMLPluralRule]?: string };
/** What a text names. */
export type Parameters = Readonly<Record<string, string | number>>;
