/**
 * What the page, the element and `parley-client/react` use of `preact/compat`, in a tenth of its bytes. Their
 * build has it in the place of `react` and of `preact/compat`; another function is an error there.
 */
import { type ComponentType, createElement } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export * from "preact/hooks";

/** Renders again when what `read` returns is another value. */
export function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, read: () => T): T {
  const value = read();
  const [, show] = useState(0);
  const shown = useRef(value);
  const latest = useRef(read);
  const look = () => Object.is(shown.current, latest.current()) || show((n) => n + 1);
  useLayoutEffect(() => {
    shown.current = value;
    latest.current = read;
    // It may have changed since the render.
    look();
  });
  // Not behind the next frame: what opens a window asks for its messages by this.
  useLayoutEffect(() => {
    look();
    return subscribe(look);
  }, [subscribe]);
  return value;
}

/** A component that renders again only with other props. */
export function memo<Props extends object>(of: ComponentType<Props>): ComponentType<Props> {
  return function Memo(this: { shouldComponentUpdate: (next: Props) => boolean }, props: Props) {
    this.shouldComponentUpdate = (next) =>
      Object.entries(next).some(([name, value]) => !Object.is(value, Reflect.get(props, name)));
    return createElement(of, props);
  };
}
