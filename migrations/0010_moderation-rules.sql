CREATE TABLE `moderation_rules` (
	`id` integer PRIMARY KEY NOT NULL,
	`rules` text NOT NULL,
	`version` integer NOT NULL
);
