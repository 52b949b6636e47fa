import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useHost } from "./host.ts";

/** The module of a view, with its styles. */
interface Module<Props> {
  readonly View: ComponentType<Props>;
  readonly styles: string;
}

/**
 * A view whose code is loaded when it is first shown. When it cannot be loaded, it says so.
 * @param options `isHint`: nobody has asked for the view, so the user is told nothing
 */
export function later<Props extends object>(
  load: () => Promise<Module<Props>>,
  { isHint = false }: { isHint?: boolean } = {},
) {
  let loaded: Module<Props> | undefined;
  return function Later(props: Props) {
    const { adopt, tell } = useHost();
    const [module, show] = useState(loaded);
    const [hasFailed, setFailed] = useState(false);
    const again = async () => {
      setFailed(false);
      try {
        loaded = await load();
        show(loaded);
      } catch {
        setFailed(true);
        tell("parley-error", { code: "not_loaded" });
      }
    };
    useEffect(() => void again(), []);
    if (module) {
      adopt(module.styles);
      return <module.View {...props} />;
    }
    if (!hasFailed || isHint) return null;
    return (
      <p class="problem" role="alert">
        {t("problem.notLoaded")}{" "}
        <button type="button" onClick={() => void again()}>
          {t("action.retry")}
        </button>
      </p>
    );
  };
}
