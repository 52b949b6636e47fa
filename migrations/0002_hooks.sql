CREATE TABLE `hook_failures` (
	`hook_id` text NOT NULL,
	`subject` text NOT NULL,
	`event_id` text NOT NULL,
	`type` text NOT NULL,
	`tries` integer NOT NULL,
	`status` integer,
	`error` text NOT NULL,
	`failed_at` integer NOT NULL,
	`next_at` integer NOT NULL,
	PRIMARY KEY(`hook_id`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `hooks` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`conversations` text,
	`secret` text NOT NULL,
	`former_secret` text,
	`former_until` integer DEFAULT 0 NOT NULL,
	`state` text DEFAULT 'active' NOT NULL,
	`created_at` integer NOT NULL,
	`active_since` integer NOT NULL,
	`last_success_at` integer
);
--> statement-breakpoint
CREATE INDEX `hooks_state` ON `hooks` (`state`);