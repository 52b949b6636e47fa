/**
 * `npm run seed`: fills a running server with a sample world of five people, who talk in Chinese and English.
 * All of it is said now, as a server alone decides when something was said.
 *
 *     npm run seed -- http://localhost:8787
 *
 * Without an address it is that of `npm run dev`. Exits with 1 if the server has users of these names.
 */
import { fill } from "./demo/world.ts";
import { PASSWORD } from "./support/person.ts";

const [address = "http://localhost:8787"] = process.argv.slice(2);
const people = await fill(new URL(address).origin);
const names = Object.values(people).map(({ user }) => user.username);
console.log(`${address} has ${names.length} people who have all talked just now. Sign in as one of them:`);
console.log(`  username: ${names.join(", ")}\n  password: ${PASSWORD}`);
console.log("`npm run demo -- --open` starts a server with a history of twelve days.");
