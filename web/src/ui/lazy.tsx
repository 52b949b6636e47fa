import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * A view whose code is loaded when it is first shown. Nothing is shown until then.
 * @param load imports the view
 */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [View, setView] = useState(() => loaded);
    useEffect(() => {
      if (View) return;
      let isShown = true;
      void load().then((view) => {
        loaded = view;
        if (isShown) setView(() => view);
      });
      return () => {
        isShown = false;
      };
    }, [View]);
    return View ? <View {...props} /> : null;
  };
}
