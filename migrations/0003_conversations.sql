ALTER TABLE `conversations` ADD `external_id` text;--> statement-breakpoint
ALTER TABLE `conversations` ADD `metadata` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `conversations` ADD `history` integer;--> statement-breakpoint
ALTER TABLE `conversations` ADD `may_leave` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `conversations_external_id` ON `conversations` (`external_id`) WHERE external_id IS NOT NULL;