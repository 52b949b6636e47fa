import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { Dialog } from "./dialog.tsx";
import { NotShown } from "./missing/not-shown.tsx";

/**
 * A view whose code is loaded when it is first shown. Nothing is shown until then. When it cannot be loaded,
 * the view says so, in a dialog if it has an `onClose`.
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
    const [hasFailed, setFailed] = useState(false);
    const again = async () => {
      const view = await load();
      loaded = view;
      setView(() => view);
    };
    useEffect(() => {
      if (!View) again().catch(() => setFailed(true));
    }, [View]);
    if (View) return <View {...props} />;
    if (!hasFailed || isHint) return null;
    const { onClose } = Object(props);
    if (!onClose) return <NotLoaded again={again} />;
    return (
      <Dialog title={t("lazy.title")} onClose={onClose}>
        <NotLoaded again={again} />
      </Dialog>
    );
  };
}

/** Says that something is missing, and lets the user try again. */
function NotLoaded({ again }: { again: () => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    try {
      await again();
    } catch {
      // Chromium remembers that a script could not be loaded, until the page is loaded anew:
      // https://github.com/whatwg/html/issues/6768
      const answer = await fetch("/", { method: "HEAD" }).catch(() => undefined);
      if (answer?.ok) return location.reload();
    }
    setBusy(false);
  };
  return <NotShown text={t("problem.notLoaded")} isBusy={isBusy} onRetry={() => void retry()} />;
}
