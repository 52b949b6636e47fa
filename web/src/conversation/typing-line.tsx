import { useChat } from "parley-client/react";
import { listed } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useNames } from "../state/use-names.ts";

/** So many users are named while they type; more are counted. */
const NAMED = 3;
const NOBODY: readonly number[] = [];

/** Who is typing. The line keeps its height, so that nothing moves. */
export function TypingLine({ id }: { id: number }) {
  const { chat } = useAccount();
  const typing = useChat(chat, (state) => state.conversation(id)?.typing ?? NOBODY);
  const names = useNames(typing);
  const known = typing.map((user) => names.get(user) ?? "…");
  const text =
    known.length > NAMED
      ? t("typing.many", { n: known.length })
      : t("typing.names", { names: listed(known), n: known.length });
  return <p class="typing">{known.length > 0 && text}</p>;
}
