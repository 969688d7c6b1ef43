//! What columns are called, in English and in Korean.

/// What a column seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Device,
    Event,
    /// Date and time of day in one.
    Time,
    /// A date whose time of day stands elsewhere.
    Date,
    /// A time of day.
    Clock,
    InsertId,
    Revenue,
    Quantity,
    Price,
    Product,
    Sku,
    Category,
    Currency,
    Store,
    Payment,
    Email,
    Phone,
    Name,
    Gender,
    Birth,
    City,
    Country,
    Grade,
}

/// Names of each role, in lower case without spaces and marks.
const NAMES: &[(Role, &[&str])] = &[
    (
        Role::User,
        &[
            "userid",
            "user",
            "customerid",
            "customer",
            "customerno",
            "customernumber",
            "custid",
            "memberid",
            "memberno",
            "member",
            "externalid",
            "distinctid",
            "회원번호",
            "회원id",
            "회원아이디",
            "회원코드",
            "고객번호",
            "고객id",
            "고객아이디",
            "고객코드",
            "멤버십번호",
            "사용자id",
            "아이디",
        ],
    ),
    (
        Role::Device,
        &[
            "deviceid",
            "anonymousid",
            "anonid",
            "cookieid",
            "visitorid",
            "기기id",
            "익명id",
        ],
    ),
    (
        Role::Event,
        &[
            "event",
            "eventname",
            "eventtype",
            "action",
            "이벤트",
            "이벤트명",
            "이벤트이름",
            "행동",
        ],
    ),
    (
        Role::Time,
        &[
            "time",
            "timestamp",
            "datetime",
            "eventtime",
            "occurredat",
            "createdat",
            "orderedat",
            "orderdate",
            "ordertime",
            "orderdatetime",
            "purchasedat",
            "paidat",
            "invoicets",
            "invoicedate",
            "transactiontime",
            "일시",
            "주문일시",
            "주문일",
            "주문일자",
            "결제일시",
            "결제일",
            "거래일시",
            "판매일시",
            "구매일시",
            "구매일",
            "등록일시",
            "발생일시",
            "승인일시",
            "이벤트시간",
            "이벤트일시",
        ],
    ),
    (
        Role::Date,
        &[
            "date",
            "saledate",
            "salesdate",
            "businessdate",
            "transactiondate",
            "일자",
            "날짜",
            "판매일자",
            "판매일",
            "거래일자",
            "거래일",
            "영업일자",
            "영업일",
            "매출일자",
            "매출일",
            "결제일자",
        ],
    ),
    (
        Role::Clock,
        &[
            "clock",
            "timeofday",
            "saletime",
            "salestime",
            "시각",
            "시간",
            "판매시각",
            "판매시간",
            "거래시각",
            "거래시간",
            "결제시각",
            "결제시간",
            "매출시간",
        ],
    ),
    (
        Role::InsertId,
        &[
            "insertid",
            "orderid",
            "orderno",
            "ordernumber",
            "invoiceno",
            "invoiceid",
            "receiptno",
            "receiptid",
            "transactionid",
            "transactionno",
            "주문번호",
            "주문id",
            "영수증번호",
            "거래번호",
            "전표번호",
            "결제번호",
        ],
    ),
    (
        Role::Revenue,
        &[
            "revenue",
            "total",
            "totalprice",
            "totalamount",
            "amount",
            "ordertotal",
            "sales",
            "금액",
            "결제금액",
            "실결제금액",
            "판매금액",
            "주문금액",
            "총금액",
            "총액",
            "합계",
            "합계금액",
            "매출",
            "매출액",
            "매출금액",
            "거래금액",
        ],
    ),
    (
        Role::Quantity,
        &[
            "quantity",
            "qty",
            "count",
            "units",
            "수량",
            "판매수량",
            "주문수량",
            "구매수량",
        ],
    ),
    (
        Role::Price,
        &[
            "price",
            "unitprice",
            "itemprice",
            "단가",
            "판매단가",
            "판매가",
            "가격",
        ],
    ),
    (
        Role::Product,
        &[
            "product",
            "productname",
            "item",
            "itemname",
            "description",
            "상품명",
            "상품",
            "품명",
            "제품명",
            "메뉴명",
            "메뉴",
            "품목",
            "품목명",
        ],
    ),
    (
        Role::Sku,
        &[
            "sku",
            "productid",
            "productcode",
            "itemcode",
            "itemid",
            "stockcode",
            "barcode",
            "상품코드",
            "상품번호",
            "품번",
            "품목코드",
            "바코드",
            "메뉴코드",
        ],
    ),
    (
        Role::Category,
        &[
            "category",
            "productcategory",
            "카테고리",
            "분류",
            "상품분류",
            "대분류",
        ],
    ),
    (Role::Currency, &["currency", "통화", "통화코드"]),
    (
        Role::Store,
        &[
            "store",
            "storename",
            "branch",
            "shop",
            "location",
            "매장",
            "매장명",
            "점포",
            "점포명",
            "지점",
            "지점명",
        ],
    ),
    (
        Role::Payment,
        &[
            "payment",
            "paymentmethod",
            "paymenttype",
            "결제수단",
            "결제방법",
            "결제방식",
        ],
    ),
    (
        Role::Email,
        &[
            "email",
            "emailaddress",
            "mail",
            "이메일",
            "이메일주소",
            "메일",
        ],
    ),
    (
        Role::Phone,
        &[
            "phone",
            "phonenumber",
            "mobile",
            "mobilenumber",
            "tel",
            "전화번호",
            "휴대폰",
            "휴대폰번호",
            "휴대전화",
            "핸드폰",
            "연락처",
        ],
    ),
    (
        Role::Name,
        &[
            "name",
            "fullname",
            "customername",
            "membername",
            "이름",
            "성명",
            "고객명",
            "회원명",
        ],
    ),
    (Role::Gender, &["gender", "sex", "성별"]),
    (
        Role::Birth,
        &[
            "birthday",
            "birthdate",
            "dateofbirth",
            "dob",
            "생년월일",
            "생일",
        ],
    ),
    (Role::City, &["city", "도시", "시"]),
    (Role::Country, &["country", "국가", "나라"]),
    (
        Role::Grade,
        &[
            "grade",
            "tier",
            "membership",
            "회원등급",
            "등급",
            "멤버십등급",
        ],
    ),
];

/// The role that a column's name stands for.
pub(super) fn role_of(name: &str) -> Option<Role> {
    let plain: String = name
        .chars()
        .filter(|it| it.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    NAMES
        .iter()
        .find(|it| it.1.contains(&plain.as_str()))
        .map(|it| it.0)
}

impl Role {
    /// What a property of this role is called; none: as its column.
    pub(super) fn property(self) -> Option<&'static str> {
        Some(match self {
            Self::InsertId => "order_id",
            Self::Revenue => "revenue",
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Product => "product_name",
            Self::Sku => "sku",
            Self::Category => "category",
            Self::Currency => "currency",
            Self::Store => "store",
            Self::Payment => "payment_method",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Gender => "gender",
            Self::Birth => "date_of_birth",
            Self::City => "city",
            Self::Country => "country",
            Self::Grade => "grade",
            Self::User | Self::Device | Self::Event | Self::Time | Self::Date | Self::Clock => {
                return None;
            }
        })
    }

    /// Whether it says something about the person rather than about what happened.
    pub(super) fn is_of_a_person(self) -> bool {
        matches!(
            self,
            Self::Email | Self::Phone | Self::Name | Self::Gender | Self::Birth | Self::Grade
        )
    }

    /// Whether only something sold has it.
    pub(super) fn is_of_a_sale(self) -> bool {
        matches!(
            self,
            Self::Revenue | Self::Quantity | Self::Price | Self::Sku | Self::Product
        )
    }

    /// Whether its cells are names or numbers of things, whatever they look like.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Phone | Self::Birth | Self::Sku)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_read_without_case_spaces_and_marks() {
        assert_eq!(role_of("Customer ID"), Some(Role::User));
        assert_eq!(role_of("회원 번호"), Some(Role::User));
        assert_eq!(role_of("order_total"), Some(Role::Revenue));
        assert_eq!(role_of("주문일시"), Some(Role::Time));
        assert_eq!(role_of("비고"), None);
    }

    #[test]
    fn no_name_stands_for_two_roles() {
        let mut seen = BTreeSet::new();
        for name in NAMES.iter().flat_map(|it| it.1) {
            assert!(seen.insert(name), "{name}");
            assert!(role_of(name).is_some(), "{name} is not in its plain form");
        }
    }
}
