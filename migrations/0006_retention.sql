CREATE TABLE `retention_round` (
	`id` integer PRIMARY KEY NOT NULL,
	`days` integer NOT NULL,
	`after` integer
);
--> statement-breakpoint
ALTER TABLE `conversations` ADD `retention_days` integer;--> statement-breakpoint
ALTER TABLE `conversations` ADD `legal_hold` integer DEFAULT false NOT NULL;