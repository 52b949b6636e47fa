/** What the app uses of the kit. The kit is source, which our compiler would check by our rules. */
import type { App, Component } from "vue";

export const TUIKit: Component;
export const TUIComponents: object;
export const TUIChatKit: { components(list: object, app: App): void };
