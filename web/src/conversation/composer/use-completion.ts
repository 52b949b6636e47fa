import {
  type Completer,
  type Completion,
  type FieldMentions,
  type MentionOptions,
  useCompletion,
  useMentions,
} from "parley-react/composer";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import type { Emoji } from "../../ui/emoji/emoji.ts";
import type { Command, Suggestion } from "./suggest.ts";

/** An emoji that is being named before the caret, by two letters at least. */
const NAMED = /(?:^|[^\w:]):([a-z0-9_+-]{2,32})$/iu;
/** An emoji whose name was written to its end. */
const WHOLE = /(?:^|[^\w:]):([a-z0-9_+-]{2,32}):$/iu;

/** A text that has nothing but the beginning of a bot's command. */
const COMMAND = /^\/([a-z0-9_]{0,32})$/i;

/** What finds emoji and commands. */
let source: typeof import("./suggest.ts") | undefined;

async function load(): Promise<NonNullable<typeof source>> {
  source ??= await import("./suggest.ts");
  return source;
}

/** The suggestions for what is being written in a field, and whom it mentions. */
export interface FieldCompletion {
  readonly completion: Completion<Suggestion>;
  readonly mentions: FieldMentions;
}

/**
 * Completes `@name` by the members of a group, `:name:` by emoji, and `/name` by the commands of bots.
 * @param nameable `members` undefined: they are not known yet
 */
export function useFieldCompletion(
  id: number,
  isGroup: boolean,
  {
    mayNameAll,
    ...nameable
  }: Pick<MentionOptions, "members" | "isPart" | "others"> & { mayNameAll: boolean },
): FieldCompletion {
  const { chat, me } = useAccount();
  const [emoji, setEmoji] = useState<readonly (readonly Emoji[])[]>([]);
  const [commands, setCommands] = useState<readonly Command[]>([]);
  const everybody = mayNameAll ? { name: t("composer.all"), detail: t("composer.all.detail") } : undefined;
  const mentions = useMentions({ me, isGroup, ...nameable, everybody });
  const emojiByName: Completer<Suggestion> = {
    begun: NAMED,
    find: (name) => source?.suggestEmoji(name, emoji) ?? [],
    chosen: (one) => one.emoji && source?.notePicked(one.emoji),
  };
  const commandByName: Completer<Suggestion> = {
    begun: COMMAND,
    find: (name) => source?.suggestCommands(name, commands) ?? [],
  };
  const completion = useCompletion<Suggestion>([mentions.completer, emojiByName, commandByName]);
  const { begun } = completion;
  useEffect(() => {
    if (begun > 0)
      load()
        .then(async ({ loadCommands, loadEmoji }) =>
          begun === 1 ? setEmoji(await loadEmoji()) : setCommands(await loadCommands(chat, id)),
        )
        .catch(() => {});
  }, [begun]);
  const typed = (field: HTMLTextAreaElement) => {
    const isBegun = completion.typed(field);
    const before = field.value.slice(0, field.selectionStart);
    const [, whole] = (!isBegun && WHOLE.exec(before)) || [];
    if (whole)
      load()
        .then(({ replaceName }) => replaceName(field, before, whole))
        .catch(() => {});
    return isBegun;
  };
  return { completion: { ...completion, typed }, mentions };
}
