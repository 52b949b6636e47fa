/** An app that is nothing but the kit. Its address says who signs in where: `#server,username,token`. */
import { TUIChatKit, TUIComponents, TUIKit } from "@tencentcloud/chat-uikit-vue";
import { createApp } from "vue";

/** The kit speaks English to apps with such a number, and Chinese to others. */
const SDKAppID = 20_000_001;

const [server, userID, userSig] = location.hash.slice(1).split(",");
Reflect.set(globalThis, "PARLEY_TIM_SERVER", server);
const app = createApp(TUIKit, { SDKAppID, userID, userSig });
TUIChatKit.components(TUIComponents, app);
app.mount("#app");
