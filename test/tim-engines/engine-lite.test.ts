import { play } from "./story.ts";

play(() => import("@tencentcloud/chat-uikit-engine-lite"));
