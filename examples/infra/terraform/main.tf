variable "subnet_id" {}

provider "aws" { region = "eu-west-1" }

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "research" {}

resource "aws_s3_bucket" "research" { bucket = "acme-research-data" }

data "aws_iam_policy_document" "research" {
  statement {
    sid       = "ReadData"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.research.arn}/*"]
  }
  statement {
    sid       = "StartJobs"
    actions   = ["iam:PassRole"]
    resources = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/*"]
  }
}

resource "aws_iam_role" "research" {
  name = "research-notebook"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "sagemaker.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "research" {
  name   = "research"
  role   = aws_iam_role.research.name
  policy = data.aws_iam_policy_document.research.json
}

resource "aws_sagemaker_notebook_instance" "research" {
  name                   = "research"
  instance_type          = "ml.t3.medium"
  role_arn               = aws_iam_role.research.arn
  subnet_id              = var.subnet_id
  direct_internet_access = "Disabled"
  root_access            = "Enabled" # for apt-get, said the ticket
  kms_key_id             = aws_kms_key.research.arn
}
