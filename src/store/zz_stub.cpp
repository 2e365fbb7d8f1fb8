#include "limier/store.h"
#include <sqlite3.h>
namespace limier::store {
// stub
struct Query::Impl { sqlite3_stmt* s=nullptr; int rc=0; sqlite3* db=nullptr; ~Impl(){sqlite3_finalize(s);} };
Query::Query(std::unique_ptr<Impl> i):impl_(std::move(i)){}
Query::Query(Query&&) noexcept=default; Query& Query::operator=(Query&&) noexcept=default; Query::~Query()=default;
Query& Query::bind(int p,const Value& v){ if(auto* i=std::get_if<std::int64_t>(&v)) sqlite3_bind_int64(impl_->s,p,*i); return *this; }
bool Query::step(){ impl_->rc=sqlite3_step(impl_->s); return impl_->rc==SQLITE_ROW; }
Status Query::status() const { if(impl_->rc==SQLITE_ROW||impl_->rc==SQLITE_DONE||impl_->rc==0) return ok_status(); return Error{ErrorKind::kInternal, sqlite3_errmsg(impl_->db)}; }
int Query::column_count() const {return sqlite3_column_count(impl_->s);}
bool Query::is_null(int c) const {return sqlite3_column_type(impl_->s,c)==SQLITE_NULL;}
std::int64_t Query::integer(int c) const {return sqlite3_column_int64(impl_->s,c);}
double Query::real(int c) const {return sqlite3_column_double(impl_->s,c);}
std::string Query::text(int c) const { auto* t=reinterpret_cast<const char*>(sqlite3_column_text(impl_->s,c)); return t? std::string(t,static_cast<size_t>(sqlite3_column_bytes(impl_->s,c))):std::string(); }
std::vector<std::uint8_t> Query::blob(int c) const { auto* b=static_cast<const std::uint8_t*>(sqlite3_column_blob(impl_->s,c)); auto n=sqlite3_column_bytes(impl_->s,c); return b? std::vector<std::uint8_t>(b,b+n):std::vector<std::uint8_t>(); }
struct Index::Impl { sqlite3* db=nullptr; ~Impl(){sqlite3_close(db);} };
Index::Index(std::unique_ptr<Impl> i):impl_(std::move(i)){} Index::~Index()=default;
Result<std::unique_ptr<Index>> Index::open(const std::string& dir){ auto i=std::make_unique<Impl>(); if(sqlite3_open_v2((dir+"/index.db").c_str(),&i->db,SQLITE_OPEN_READONLY,nullptr)) return Error{ErrorKind::kUsage,"no index"}; return std::unique_ptr<Index>(new Index(std::move(i))); }
Result<Query> Index::query(std::string_view sql){ auto q=std::make_unique<Query::Impl>(); q->db=impl_->db; if(sqlite3_prepare_v2(impl_->db,sql.data(),static_cast<int>(sql.size()),&q->s,nullptr)) return Error{ErrorKind::kInternal,sqlite3_errmsg(impl_->db)}; return Query(std::move(q)); }
}
