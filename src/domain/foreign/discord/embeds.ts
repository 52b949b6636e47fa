import { z } from "zod";
import { type ForeignNames, NO_NAMES } from "../names.ts";
import { bold, lines, link, many, text } from "../text.ts";
import { fromDiscord } from "./markdown.ts";

const Linked = z.object({ name: text, text, url: text }).nullish().catch(undefined);
const Embed = z.object({
  ...{ title: text, description: text, url: text, author: Linked, footer: Linked, image: Linked },
  fields: many,
});
const Field = z.object({ name: text, value: text });

/** Discord takes as many fields of an embed. */
const MAX_FIELDS = 25;

/**
 * The text of an embed of Discord, in our Markdown.
 * @see https://docs.discord.com/developers/resources/message#embed-object
 */
export function embedText(given: unknown, names: ForeignNames = NO_NAMES): string {
  const embed = Embed.safeParse(given);
  if (!embed.success) return "";
  const { title, description, url, author, footer, image, fields = [] } = embed.data;
  return lines(
    author?.name && link(author.name, author.url),
    title ? bold(url ? link(title, url) : fromDiscord(title, names)) : url && link("", url),
    description && fromDiscord(description, names),
    ...fields.slice(0, MAX_FIELDS).map((field) => fieldText(field, names)),
    image?.url && link("", image.url),
    footer?.text && fromDiscord(footer.text, names),
  );
}

function fieldText(given: unknown, names: ForeignNames): string {
  const field = Field.safeParse(given);
  if (!field.success) return "";
  const { name = "", value = "" } = field.data;
  const isNamed = name.trim() !== "" && name.trim() !== "\u200b";
  return [isNamed && `${bold(fromDiscord(name, names))}:`, fromDiscord(value, names)]
    .filter(Boolean)
    .join(" ");
}
