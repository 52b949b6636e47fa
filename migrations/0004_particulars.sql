ALTER TABLE `files` ADD `md5` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `full_name` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `alias` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `id_card_num` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `phone` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `province` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `city` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `avatar_text` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `login_at` integer DEFAULT 0 NOT NULL;