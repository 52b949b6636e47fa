import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useLoaded } from "../state/use-loaded.ts";

/** How many users look at an audience room, for its members. */
export function Viewers({ id }: { id: number }) {
  const { chat } = useAccount();
  const { value } = useLoaded(`${id}`, () =>
    chat.api.call("get", "/v1/conversations/{id}", { path: { id } }),
  );
  const [told, setTold] = useState<number>();
  // The socket of the room tells of changes.
  useEffect(
    () =>
      chat.onFrame((frame) => {
        if (frame.type === "viewers" && frame.conversation_id === id) setTold(frame.count);
      }),
    [chat, id],
  );
  const n = told ?? (value?.kind === "group" ? value.viewer_count : undefined);
  return n === undefined ? null : <span>{t("audience.viewers", { n })}</span>;
}
