# The same estate as live.json, plan.json and template.yaml.
variable "guarded" { default = true }
provider "aws" { region = "eu-west-1" }

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "sagemaker.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  network = { subnets = ["subnet-0a1b2c3d"], groups = ["sg-0a1b2c3d"] }
  counts  = { safe = 2, open = 1 }
}

resource "aws_kms_key" "k" {}

resource "aws_iam_role" "safe" {
  name               = "safe-role"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "open" {
  name               = "open-role"
  assume_role_policy = local.trust
}
data "aws_iam_policy_document" "safe" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.data["safe"].arn}/*"]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.k.arn]
  }
}
resource "aws_iam_role_policy" "safe" {
  name   = "data"
  role   = aws_iam_role.safe.name
  policy = data.aws_iam_policy_document.safe.json
}
resource "aws_iam_policy" "everything" {
  name   = "everything"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
resource "aws_iam_role_policy_attachment" "open" {
  role       = aws_iam_role.open.name
  policy_arn = aws_iam_policy.everything.arn
}

resource "aws_s3_bucket" "data" {
  for_each = toset(["safe", "open"])
  bucket   = "acme-${each.key}-data"
}
resource "aws_s3_bucket_policy" "safe" {
  bucket = aws_s3_bucket.data["safe"].id
  policy = <<-EOT
    {"Version": "2012-10-17", "Statement": [{
      "Sid": "NoPlainHttp", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
      "Resource": ["${aws_s3_bucket.data["safe"].arn}", "${aws_s3_bucket.data["safe"].arn}/*"],
      "Condition": {"Bool": {"aws:SecureTransport": "false"}}
    }]}
  EOT
}
resource "aws_s3_bucket_server_side_encryption_configuration" "safe" {
  bucket = aws_s3_bucket.data["safe"].bucket
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.k.arn
    }
  }
}

resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "stop" {
  name     = "stop-when-idle"
  on_start = base64encode("python autostop.py --time 3600")
}
resource "aws_sagemaker_notebook_instance" "safe" {
  name                   = "safe"
  instance_type          = "ml.t3.medium"
  role_arn               = aws_iam_role.safe.arn
  root_access            = var.guarded ? "Disabled" : "Enabled"
  direct_internet_access = "Disabled"
  subnet_id              = local.network.subnets[0]
  security_groups        = local.network.groups
  kms_key_id             = aws_kms_key.k.arn
  lifecycle_config_name  = aws_sagemaker_notebook_instance_lifecycle_configuration.stop.name
}
resource "aws_sagemaker_notebook_instance" "open" {
  name          = "open"
  instance_type = "ml.t3.medium"
  role_arn      = aws_iam_role.open.arn
  kms_key_id    = var.guarded ? null : aws_kms_key.k.arn
}

resource "aws_sagemaker_model" "safe" {
  name                     = "safe"
  execution_role_arn       = aws_iam_role.safe.arn
  enable_network_isolation = true
  primary_container {
    image          = "image"
    model_data_url = "s3://${aws_s3_bucket.data["safe"].bucket}/model.tar.gz"
  }
  dynamic "vpc_config" {
    for_each = [local.network]
    content {
      subnets            = vpc_config.value.subnets
      security_group_ids = vpc_config.value.groups
    }
  }
}
resource "aws_sagemaker_model" "open" {
  name               = "open"
  execution_role_arn = aws_iam_role.open.arn
  primary_container {
    image          = "image"
    model_data_url = "s3://${aws_s3_bucket.data["open"].bucket}/model.tar.gz"
  }
}
module "serve" {
  source   = "./serve"
  for_each = local.counts
  name     = each.key
  model    = each.key == "safe" ? aws_sagemaker_model.safe.name : aws_sagemaker_model.open.name
  count_of = each.value
}
resource "aws_sagemaker_data_quality_job_definition" "q" {
  name = "quality"
  data_quality_job_input {
    endpoint_input { endpoint_name = module.serve["safe"].endpoint }
  }
}
resource "aws_sagemaker_monitoring_schedule" "d" {
  name = "daily"
  monitoring_schedule_config {
    monitoring_job_definition_name = aws_sagemaker_data_quality_job_definition.q.name
    monitoring_type                = "DataQuality"
    schedule_config { schedule_expression = "cron(0 0 ? * * *)" }
  }
}

resource "aws_sagemaker_domain" "d" {
  for_each    = toset(["shared", "separate"])
  domain_name = each.value
  auth_mode   = "IAM"
  default_user_settings { execution_role = aws_iam_role.safe.arn }
}
resource "aws_sagemaker_user_profile" "shared" {
  count             = 2
  domain_id         = aws_sagemaker_domain.d["shared"].id
  user_profile_name = element(["ann", "ben"], count.index)
}
resource "aws_sagemaker_user_profile" "cat" {
  domain_id         = aws_sagemaker_domain.d["separate"].id
  user_profile_name = "cat"
}
resource "aws_sagemaker_user_profile" "dan" {
  domain_id         = aws_sagemaker_domain.d["separate"].id
  user_profile_name = "dan"
  user_settings { execution_role = aws_iam_role.open.arn }
}

resource "aws_sagemaker_training_job" "safe" {
  training_job_name                         = "safe"
  role_arn                                  = aws_iam_role.safe.arn
  enable_network_isolation                  = true
  enable_inter_container_traffic_encryption = true
  algorithm_specification { training_image = "image" }
  input_data_config {
    channel_name = "train"
    data_source {
      s3_data_source {
        s3_uri       = "s3://${aws_s3_bucket.data["safe"].id}/train"
        s3_data_type = "S3Prefix"
      }
    }
  }
  output_data_config { s3_output_path = "s3://${aws_s3_bucket.data["safe"].id}/out" }
  resource_config {
    instance_type     = "ml.m5.xlarge"
    instance_count    = 2
    volume_kms_key_id = aws_kms_key.k.arn
  }
  vpc_config {
    subnets            = local.network.subnets
    security_group_ids = local.network.groups
  }
}
resource "aws_sagemaker_training_job" "open" {
  training_job_name = "open"
  role_arn          = aws_iam_role.open.arn
  algorithm_specification { training_image = "image" }
  input_data_config {
    channel_name = "train"
    data_source {
      s3_data_source {
        s3_uri       = "s3://${aws_s3_bucket.data["open"].id}/train"
        s3_data_type = "S3Prefix"
      }
    }
  }
  output_data_config { s3_output_path = "s3://${aws_s3_bucket.data["open"].id}/out" }
  resource_config {
    instance_type  = "ml.m5.xlarge"
    instance_count = 2
  }
}
