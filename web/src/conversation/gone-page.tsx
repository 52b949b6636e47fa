import { ViewerPage } from "../audience/viewer-page.tsx";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Gone } from "../ui/missing/gone.tsx";

/**
 * What stands at the address of a conversation that the user is not in, or that nobody is: an audience room
 * is shown to everybody.
 */
export function GonePage({ id }: { id: number }) {
  const { chat } = useAccount();
  const { value, error } = useLoaded(`${id}`, () =>
    chat.api.call("get", "/v1/conversations/{id}", { path: { id } }),
  );
  if (!value && error === undefined) return null;
  if (value?.kind === "group" && value.role === "viewer") return <ViewerPage first={value} />;
  return <Gone text={t("gone.conversation")} back={href({ view: "home" })} />;
}
