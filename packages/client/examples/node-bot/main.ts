import { startBot } from "./bot.ts";

/** `URL=http://localhost:8787 TOKEN=… node main.ts` */
const { URL: url = "http://localhost:8787", TOKEN: token = "" } = process.env;
const chat = await startBot({ url, token, file: "answered.json" });
process.once("SIGINT", () => void chat.stop().then(() => process.exit()));
