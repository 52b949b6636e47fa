import type { Member } from "parley-client/people";
import {
  type Completer,
  type Completion,
  type FieldMentions,
  useCompletion,
  useMentions,
} from "parley-react/composer";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import type { Emoji } from "../../ui/emoji/emoji.ts";
import type { Suggestion } from "./suggest.ts";

/** An emoji that is being named before the caret, by two letters at least. */
const NAMED = /(?:^|[^\w:]):([a-z0-9_+-]{2,32})$/iu;
/** An emoji whose name was written to its end. */
const WHOLE = /(?:^|[^\w:]):([a-z0-9_+-]{2,32}):$/iu;

/** What finds emoji. */
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
 * Completes `@name` by the members of a group and `:name:` by emoji.
 * @param members undefined: they are not known yet
 */
export function useFieldCompletion(
  isGroup: boolean,
  members: readonly Member[] | undefined,
): FieldCompletion {
  const { me } = useAccount();
  const [emoji, setEmoji] = useState<readonly (readonly Emoji[])[]>([]);
  const everybody = { name: t("composer.all"), detail: t("composer.all.detail") };
  const mentions = useMentions({ me, isGroup, members, everybody });
  const emojiByName: Completer<Suggestion> = {
    begun: NAMED,
    find: (name) => source?.suggestEmoji(name, emoji) ?? [],
    chosen: (one) => one.emoji && source?.notePicked(one.emoji),
  };
  const completion = useCompletion<Suggestion>([mentions.completer, emojiByName]);
  const isEmoji = completion.begun === 1;
  useEffect(() => {
    if (isEmoji)
      load()
        .then(async ({ loadEmoji }) => setEmoji(await loadEmoji()))
        .catch(() => {});
  }, [isEmoji]);
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
