ALTER TABLE `conversations` ADD `handle` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `mute_all` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `max_members` integer;--> statement-breakpoint
ALTER TABLE `conversations` ADD `custom_fields` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `changed_at` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_handle` ON `conversations` (`handle`);--> statement-breakpoint
ALTER TABLE `memberships` ADD `custom_fields` text DEFAULT '{}' NOT NULL;