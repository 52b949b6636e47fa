import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { useReload } from "../../state/use-reload.ts";

/** The pinned messages of a conversation, the one that was pinned last first, as they are now. */
export function usePins(id: number) {
  const { chat } = useAccount();
  const loaded = useLoaded(String(id), () =>
    chat.api.call("get", "/v1/conversations/{id}/pins", { path: { id } }),
  );
  const { value, reload } = loaded;
  const isPinned = (seq: number) => value?.items.some((one) => one.seq === seq) ?? true;
  useReload(reload, (frame) => {
    if (frame.type === "revoked") return frame.conversation_id === id && isPinned(frame.seq);
    if (frame.type !== "changed" || frame.conversation_id !== id) return false;
    // Each reaction is a change, too.
    return frame.items.some(({ seq, pinned_at: at }) => at > 0 || isPinned(seq));
  });
  return loaded;
}
