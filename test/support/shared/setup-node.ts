import { failOnLeftovers } from "./left-behind.ts";

// Set-up of the projects in Node whose files share their modules.
failOnLeftovers({ "process.env": process.env });
