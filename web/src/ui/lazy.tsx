import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { askAgain, waiting } from "../lib/scripts.ts";
import { Dialog } from "./dialog.tsx";
import { NotShown } from "./missing/not-shown.tsx";

/**
 * A view whose code is loaded when it is first shown. Nothing is shown until then. While the server does not
 * answer, and where it does not have the code any more, the view says so, in a dialog if it has an `onClose`.
 * @param load imports the view
 * @param options `isHint`: nobody has asked for the view, so nothing is said
 */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { isHint = false }: { isHint?: boolean } = {},
) {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [View, setView] = useState(() => loaded);
    const [isGone, setGone] = useState(false);
    useEffect(() => {
      if (!View)
        load().then(
          (view) => {
            loaded = view;
            setView(() => view);
          },
          () => setGone(true),
        );
    }, []);
    if (View) return <View {...props} />;
    if (isHint || !(isGone || waiting.value)) return null;
    // The server has another build of the page.
    const again = isGone ? () => location.reload() : askAgain;
    const missing = <NotShown text={t("problem.notLoaded")} onRetry={again} />;
    const { onClose } = Object(props);
    if (!onClose) return missing;
    return (
      <Dialog title={t("lazy.title")} onClose={onClose}>
        {missing}
      </Dialog>
    );
  };
}
