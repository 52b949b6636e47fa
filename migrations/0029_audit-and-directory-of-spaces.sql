CREATE TABLE `space_audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`space_id` integer NOT NULL,
	`at` integer NOT NULL,
	`by` integer NOT NULL,
	`action` text NOT NULL,
	`user_id` integer,
	`role_id` integer,
	`conversation_id` integer,
	`category_id` integer,
	`before` text,
	`after` text
);
--> statement-breakpoint
CREATE INDEX `space_audit_space` ON `space_audit` (`space_id`,`id`);--> statement-breakpoint
ALTER TABLE `space_invitations` ADD `role_ids` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `space_invitations` ADD `channel_ids` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `spaces` ADD `discoverable` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `spaces_discoverable` ON `spaces` (`id`) WHERE discoverable;